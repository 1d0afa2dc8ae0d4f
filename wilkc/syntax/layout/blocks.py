"""Texts that are written as blocks of lines. Layer: syntax. YAML 1.2 sections 8.1.1 to 8.1.3."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wilkc.syntax.layout.model import Point

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEADER: Final = re.compile(r"(?P<style>[|>])(?P<marks>[-+0-9]*)")
Block = tuple[str, tuple[str, ...]]


def block_of(lines: Sequence[str], start: Point, column: int) -> tuple[Block | None, Point]:
    """The block that begins at a place.

    Args:
        lines: the text.
        start: where its `|` or `>` stands.
        column: that of the entry which holds it.

    Returns:
        Header and lines without their indentation, and where it ends. No block where blanks
        count that nobody would see: blank lines at its end, or blanks on a line of their own.
    """
    header = _HEADER.match(lines[start.line], start.column)
    style, marks = (header["style"], header["marks"]) if header else ("|", "")
    body = lines[start.line + 1 :]
    digits = [int(mark) for mark in marks if mark.isdigit()]
    # A document's own root counts as standing at column 0, see section 8.1.1.1.
    indent = max(column, 0) + digits[0] if digits else _first_indent(body)
    taken = 0
    for number, line in enumerate(body, start=1):
        if line[:indent].strip(" "):
            break
        taken = number if line.strip(" ") else taken
    held = tuple(line[indent:] for line in body[:taken])
    last = start.line + taken
    end = Point(last, len(lines[last]))
    unseen = any(line and not line.strip(" ") for line in held)
    if "+" in marks or not held or unseen:
        return None, end
    return (style + ("-" if "-" in marks else ""), held), end


def _first_indent(body: Sequence[str]) -> int:
    first = next((line for line in body if line.strip(" ")), "")
    return max(len(first) - len(first.lstrip(" ")), 1)


def plain_lines(lines: Sequence[str], start: Point, end: Point) -> Block:
    """A text without quotes that goes over several lines, as a folded block of the same."""
    last = lines[end.line][: end.column]
    held = [lines[start.line][start.column :], *lines[start.line + 1 : end.line], last]
    while held and not held[-1].strip():
        held.pop()
    return ">-", tuple(line.strip() for line in held)
