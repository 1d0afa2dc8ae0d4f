"""Where a key stands in a text that is known to be TOML. Layer: cli. Pure.

`tomllib` gives values without places. Looking for the lines again is enough to point at one: a
text made to mislead it, for example by a key inside a long string, gets an error at another line
and no other meaning.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from wilkc.core.spans import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    Keys = tuple[str, ...]

_PART: Final = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_DOTTED: Final = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*"
_HEADER: Final = re.compile(rf"[ \t]*\[\[?[ \t]*({_DOTTED})[ \t]*\]")
_ASSIGNED: Final = re.compile(rf"[ \t]*({_DOTTED})[ \t]*=")
_PARTS: Final = re.compile(_PART)


class _Found(NamedTuple):
    keys: Keys
    line: int
    start: int
    end: int
    text: str


def locate(text: str, keys: Keys, file: str) -> Span:
    """The place of a key, or of the longest part of its path that is written.

    Args:
        text: the file.
        keys: the key's path from the top, for example `("tool", "wilk", "policies")`.
        file: its name.
    """
    best = _Found((), 1, 0, 1, "")
    for found in _written(text):
        if keys[: len(found.keys)] == found.keys and len(found.keys) > len(best.keys):
            best = found
    start, end = best.start, best.end
    if best.keys != keys and best.keys and keys:
        # What is missing may stand in a table that is written in one line.
        inside = re.compile(rf"""(?<![\w-])["']?{re.escape(keys[-1])}["']?[ \t]*=""")
        if again := inside.search(best.text, best.end):
            start, end = again.start(), again.start() + len(again[0].rstrip("= \t"))
    return Span(file, best.line, start + 1, best.line, max(end, start + 1) + 1)


def _written(text: str) -> Iterator[_Found]:
    """Every header and key with its whole path."""
    table: Keys = ()
    for number, line in enumerate(text.split("\n"), start=1):
        if header := _HEADER.match(line):
            table = _parts(header[1])
            yield _Found(table, number, header.start(1), header.end(1), line)
        elif key := _ASSIGNED.match(line):
            yield _Found((*table, *_parts(key[1])), number, key.start(1), key.end(1), line)


def _parts(dotted: str) -> Keys:
    return tuple(part.strip("\"'") for part in _PARTS.findall(dotted))
