"""A text of YAML as people see it: values, comments and blank lines. Layer: syntax.

These values are made in one pass and finished in two more (comments are put where they
belong, then the order and the spelling are made canonical), so they are not frozen. They
live within one call and are never shared.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Point(NamedTuple):
    """A place between two characters: line and column, both from 0."""

    line: int
    column: int


@dataclass(slots=True)
class Comment:
    """One comment.

    Attributes:
        text: from its `#` to the end of its line, without blanks at the end.
        at: where its `#` stands.
        alone: whether nothing but blanks stands before it on its line.
        blank: whether the line before is blank.
    """

    text: str
    at: Point
    alone: bool
    blank: bool


@dataclass(slots=True)
class Text:
    """A scalar.

    Attributes:
        value: what it stands for: None, bool, int or str.
        text: its content.
        block: header and lines of a text that is written as a block of lines, without their
            indentation, or None.
        quoted: whether it is written in quotes even where it need not be.
    """

    value: Any
    text: str
    block: tuple[str, tuple[str, ...]] | None = None
    quoted: bool = False


@dataclass(slots=True)
class Entry:
    """One item of a sequence, or one key of a mapping with its value.

    Attributes:
        key: the key, or None in a sequence.
        value: the value.
        at: where its key or its dash stands; in `[a]`, where the item stands.
        blank: whether it begins its line and the line before is blank.
        before: comments on lines of their own before it.
        beside: the comment at the end of its line, or None.
    """

    key: Text | None
    value: Layout
    at: Point
    blank: bool = False
    before: list[Comment] = field(default_factory=list)
    beside: Comment | None = None

    @property
    def leads_blank(self) -> bool:
        """Whether a blank line stands before it and its comments."""
        return self.before[0].blank if self.before else self.blank

    @leads_blank.setter
    def leads_blank(self, blank: bool) -> None:
        if self.before:
            self.before[0].blank = blank
        else:
            self.blank = blank


@dataclass(slots=True)
class Group:
    """A mapping or a sequence.

    Attributes:
        entries: in the order written.
        mapping: whether it has keys.
        flow: whether it is written with brackets.
        start: where it begins.
        end: where it ends; of meaning only for one with brackets.
        tail: comments on lines of their own after the last entry.
    """

    entries: list[Entry]
    mapping: bool
    flow: bool
    start: Point
    end: Point
    tail: list[Comment] = field(default_factory=list)

    @property
    def column(self) -> int:
        """The column of its entries, where it is written in lines."""
        return self.entries[0].at.column if self.entries else self.start.column


Layout = Text | Group


@dataclass(slots=True)
class Sheet:
    """One document.

    Attributes:
        root: its value; always a group.
        start: where it begins, its `---` included.
        header: comments at its head that belong to no entry.
        gap: whether a blank line follows the header.
    """

    root: Group
    start: Point
    header: list[Comment] = field(default_factory=list)
    gap: bool = False


def comment_texts(sheets: Iterable[Sheet]) -> list[str]:
    """The text of every comment, in no order that means anything."""
    return [
        comment.text for sheet in sheets for comment in (*sheet.header, *_comments_in(sheet.root))
    ]


def _comments_in(group: Group) -> Iterator[Comment]:
    yield from group.tail
    for entry in group.entries:
        yield from entry.before
        if entry.beside is not None:
            yield entry.beside
        if isinstance(entry.value, Group):
            yield from _comments_in(entry.value)
