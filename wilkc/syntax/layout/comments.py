"""The comments of a text as its layout holds them. Layer: syntax."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wilkc.syntax.comments import Place, comment_places
from wilkc.syntax.layout.model import Comment, Point

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def comments_of(
    lines: Sequence[str], tokens: Sequence[Any], bodies: Mapping[Place, Place]
) -> list[Comment]:
    """Every comment, in order.

    Args:
        lines: the text.
        tokens: PyYAML's tokens of it.
        bodies: where each block of lines begins and ends; the ends that tokens give are
            those of the next token.
    """
    return [_comment(lines, Point(*place)) for place in comment_places(lines, tokens, bodies)]


def is_blank(lines: Sequence[str], number: int) -> bool:
    """Whether there is a line of that number, and nothing on it."""
    return number >= 0 and not lines[number].strip()


def _comment(lines: Sequence[str], at: Point) -> Comment:
    line = lines[at.line]
    alone = not line[: at.column].strip()
    blank = alone and is_blank(lines, at.line - 1)
    return Comment(line[at.column :].rstrip(), at, alone, blank)
