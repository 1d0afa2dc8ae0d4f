"""A layout as canonical text. Layer: syntax.

Two blanks for each step inwards, items of a sequence one step below their key, at most one
blank line between entries and none at the head of a group. What was written in brackets
stays there if it fits a line of `WIDTH` columns and holds no comment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.syntax.layout.model import Comment, Entry, Group, Layout, Sheet, Text
from wilkc.syntax.layout.quoting import key_text, scalar_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

WIDTH: Final = 80
"""Columns of a line that ends in brackets; a comment after it is not counted."""
STEP: Final = "  "


def write_layout(sheets: Sequence[Sheet]) -> str:
    """The text of the documents, ending with a line break."""
    lines: list[str] = []
    for number, sheet in enumerate(sheets):
        if number:
            lines.append("---")
        lines.extend(_sheet(sheet))
    return "\n".join(lines) + "\n"


def _sheet(sheet: Sheet) -> Iterator[str]:
    yield from _comments(sheet.header, "", first=True)
    if sheet.header and sheet.gap:
        yield ""
    yield from _group(sheet.root, "")


def _comments(comments: Iterable[Comment], pad: str, *, first: bool) -> Iterator[str]:
    for comment in comments:
        if comment.blank and not first:
            yield ""
        yield pad + comment.text
        first = False


def _group(group: Group, pad: str) -> Iterator[str]:
    for number, entry in enumerate(group.entries):
        in_lines = _in_lines(entry, pad)
        first = number == 0
        yield from _comments(entry.before, pad, first=first)
        if entry.blank and (entry.before or not first):
            yield ""
        yield from _entry(entry, pad, in_lines=in_lines)
    yield from _comments(group.tail, pad, first=not group.entries)


def _in_lines(entry: Entry, pad: str) -> bool:
    """Whether its value is a group to be written in lines; moves comments that then have no place.

    Beside a dash and before the first key of an item there is none, nor in empty brackets.
    """
    value = entry.value
    if not isinstance(value, Group):
        return False
    if not value.entries:
        entry.before += value.tail
        value.tail = []
        return False
    brackets = _brackets(value) if value.flow else None
    if brackets is not None and len(pad + _head(entry)) + len(brackets) <= WIDTH:
        return False
    if entry.key is None:
        inner = value.entries[0]
        beside = [entry.beside] if entry.beside else []
        entry.before += [*beside, *inner.before]
        entry.beside, inner.before = None, []
    return True


def _entry(entry: Entry, pad: str, *, in_lines: bool) -> Iterator[str]:
    head = pad + _head(entry)
    beside = f" {entry.beside.text}" if entry.beside else ""
    value = entry.value
    if in_lines and isinstance(value, Group):
        inner = list(_group(value, pad + STEP))
        if entry.key is None:
            inner[0] = head + inner[0].removeprefix(pad + STEP)
        else:
            yield head.rstrip() + beside
        yield from inner
    elif isinstance(value, Text) and _is_block(value, head):
        yield from _block(value, head, beside, pad + STEP)
    else:
        yield head + (_brackets(value) or "") + beside


def _head(entry: Entry) -> str:
    return "- " if entry.key is None else f"{key_text(entry.key)}: "


def _is_block(text: Text, head: str) -> bool:
    if text.block is None or text.quoted:
        return False
    # A text without quotes over several lines goes on one, if there is room.
    joined = head + scalar_text(text, flow=False)
    return isinstance(text.value, str) and ("\n" in text.text or len(joined) > WIDTH)


def _block(text: Text, head: str, beside: str, pad: str) -> Iterator[str]:
    style, lines = text.block or ("", ())
    first = next((line for line in lines if line), "")
    mark = str(len(STEP)) if first.startswith(" ") else ""
    yield f"{head}{style[0]}{mark}{style[1:]}{beside}"
    yield from ((pad + line) if line.strip(" ") else "" for line in lines)


def _brackets(value: Layout) -> str | None:
    """A value on one line, or None if a comment in it forbids that."""
    if isinstance(value, Text):
        return scalar_text(value, flow=False)
    return _flow(value)


def _flow(group: Group) -> str | None:
    parts = []
    for entry in group.entries:
        value = entry.value
        text = _flow(value) if isinstance(value, Group) else scalar_text(value, flow=True)
        if text is None or entry.before or entry.beside:
            return None
        parts.append(text if entry.key is None else f"{key_text(entry.key)}: {text}")
    if group.tail:
        return None
    return f"{{{', '.join(parts)}}}" if group.mapping else f"[{', '.join(parts)}]"
