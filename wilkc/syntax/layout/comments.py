"""Where the comments of a text are. Layer: syntax.

PyYAML drops comments, but says where each token begins and ends; what lies between two of
them is blanks, line breaks and comments, and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wilkc.syntax.layout.model import Comment, Point

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


def comments_of(
    lines: Sequence[str], tokens: Iterable[Any], bodies: Mapping[Point, Point]
) -> list[Comment]:
    """Every comment, in order.

    Args:
        lines: the text.
        tokens: PyYAML's tokens of it.
        bodies: where each block of lines begins and ends; the ends that tokens give are
            those of the next token.
    """
    found: list[Comment] = []
    at = Point(0, 0)
    for token in tokens:
        start = Point(token.start_mark.line, token.start_mark.column)
        if start > at:
            found.extend(_between(lines, at, start))
        end = Point(token.end_mark.line, token.end_mark.column)
        if start in bodies and end > start:
            # The header of a block ends with its line, and may carry a comment.
            line = lines[start.line]
            found.extend(_in_line(lines, start.line, start.column, len(line)))
            end = bodies[start]
        at = max(at, end)
    found.extend(_between(lines, at, Point(len(lines) - 1, len(lines[-1]))))
    return found


def is_blank(lines: Sequence[str], number: int) -> bool:
    """Whether there is a line of that number, and nothing on it."""
    return number >= 0 and not lines[number].strip()


def _between(lines: Sequence[str], start: Point, end: Point) -> Iterator[Comment]:
    for number in range(start.line, min(end.line, len(lines) - 1) + 1):
        low = start.column if number == start.line else 0
        high = end.column if number == end.line else len(lines[number])
        yield from _in_line(lines, number, low, high)


def _in_line(lines: Sequence[str], number: int, low: int, high: int) -> Iterator[Comment]:
    line = lines[number]
    column = line.find("#", low, high)
    if column >= 0:
        alone = not line[:column].strip()
        blank = alone and is_blank(lines, number - 1)
        yield Comment(line[column:].rstrip(), Point(number, column), alone, blank)
