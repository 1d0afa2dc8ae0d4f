"""Where the comments of a text are. Layer: syntax.

PyYAML drops comments, but says where each token begins and ends; what lies between two of
them is blanks, line breaks and comments, and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Place = tuple[int, int]
"""Line and column, both from 0."""
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def split_lines(text: str) -> list[str]:
    """The lines of a text that `read_documents` takes, without their ends."""
    return text.replace("\r\n", "\n").split("\n")


def scan(text: str) -> list[Any]:
    """The tokens of a text that `read_documents` takes."""
    return list(yaml.scan(text, Loader=_LOADER))


def extent(token: Any) -> tuple[Place, Place]:
    """Where a token begins and ends."""
    start, end = token.start_mark, token.end_mark
    return (start.line, start.column), (end.line, end.column)


def comment_places(
    lines: Sequence[str], tokens: Sequence[Any], bodies: Mapping[Place, Place] | None = None
) -> Iterator[Place]:
    """Where each comment begins; it ends with its line.

    Args:
        lines: the text.
        tokens: its tokens.
        bodies: start of each block of lines to its end, where that is known.
    """
    at: Place = (0, 0)
    for token in tokens:
        start, end = extent(token)
        yield from _between(lines, at, start)
        if getattr(token, "style", None) in {"|", ">"}:
            # The header of a block ends with its line, and may carry a comment.
            yield from _between(lines, start, (start[0], len(lines[start[0]])))
            end = _end_of_block(lines, start[0], end) if bodies is None else bodies[start]
        at = max(at, end)
    yield from _between(lines, at, (len(lines) - 1, len(lines[-1])))


def _between(lines: Sequence[str], start: Place, end: Place) -> Iterator[Place]:
    for line in range(start[0], min(end[0], len(lines) - 1) + 1):
        low = start[1] if line == start[0] else 0
        high = end[1] if line == end[0] else len(lines[line])
        column = lines[line].find("#", low, high)
        if column >= 0:
            yield line, column


def _end_of_block(lines: Sequence[str], header: int, end: Place) -> Place:
    """Where the lines of a block scalar end: the mark given is that of the next token.

    Its lines are indented as far as its first one, or further; what is less so and begins
    with `#` is a comment behind it (YAML 1.2, section 8.1.1.2).
    """
    body = range(header + 1, min(end[0] + 1, len(lines)))
    first = next((line for line in body if lines[line].strip()), header)
    depth = len(lines[first]) - len(lines[first].lstrip(" "))
    for line in body:
        text = lines[line].lstrip(" ")
        if text.startswith("#") and len(lines[line]) - len(text) < depth:
            return line, 0
    return end
