"""YAML text to its layout. Layer: syntax.

Values come from the events of the parser, comments from what lies between its tokens. The
text has been read before and is known to hold none of what `read_documents` refuses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml

from wilkc.core.errors import WilkError
from wilkc.syntax.comments import scan
from wilkc.syntax.layout.attaching import attach
from wilkc.syntax.layout.blocks import block_of, plain_lines
from wilkc.syntax.layout.comments import comments_of, is_blank
from wilkc.syntax.layout.model import Entry, Group, Layout, Point, Sheet, Text
from wilkc.syntax.scalars import resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.syntax.comments import Place

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_layout(text: str) -> list[Sheet]:
    """The documents of a text that `read_documents` takes, with all comments.

    Raises:
        WilkError: it holds a directive.
    """
    text = text.replace("\r\n", "\n")
    tokens = scan(text)
    if any(type(token) is yaml.DirectiveToken for token in tokens):
        raise WilkError(
            "the text begins with a directive such as `%YAML`",
            help_text="leave the directive out; no spec needs one",
        )
    lines = text.split("\n")
    dashes = (_point(token.start_mark) for token in tokens if type(token) is yaml.BlockEntryToken)
    reader = _Reader(yaml.parse(text, Loader=_LOADER), lines, dashes)
    sheets = list(reader.sheets())
    return attach(sheets, comments_of(lines, tokens, reader.bodies))


def _point(mark: Any) -> Point:
    return Point(mark.line, mark.column)


class _Reader:
    """Composes the events of one text.

    Attributes:
        bodies: start of each block of lines to the place where it ends, and to the comment in
            its header.
    """

    def __init__(self, events: Iterator[Any], lines: list[str], dashes: Iterator[Point]) -> None:
        self._events = events
        self._lines = lines
        self._dashes = dashes
        self.bodies: dict[Place, Place] = {}

    def sheets(self) -> Iterator[Sheet]:
        """The documents, those that hold nothing included."""
        for event in self._events:
            if type(event) is yaml.DocumentStartEvent:
                start = _point(event.start_mark)
                root = self._value(next(self._events), -1)
                if isinstance(root, Text):
                    root = Group([], mapping=True, flow=False, start=start, end=start)
                yield Sheet(root, start)

    def _value(self, event: Any, column: int) -> Layout:
        """One value; `column` is that of the entry which holds it."""
        if type(event) is yaml.ScalarEvent:
            return self._text(event, column)
        if type(event) is yaml.SequenceStartEvent:
            return self._sequence(event)
        return self._mapping(event)

    def _sequence(self, start: Any) -> Group:
        entries = []
        while type(event := next(self._events)) is not yaml.SequenceEndEvent:
            # The dashes of a text come in the order in which their items begin.
            at = _point(event.start_mark) if start.flow_style else next(self._dashes)
            entries.append(self._entry(None, event, at))
        return self._group(entries, start, event, mapping=False)

    def _mapping(self, start: Any) -> Group:
        entries = []
        while type(event := next(self._events)) is not yaml.MappingEndEvent:
            key = self._text(event, 0)
            entries.append(self._entry(key, next(self._events), _point(event.start_mark)))
        return self._group(entries, start, event, mapping=True)

    def _entry(self, key: Text | None, event: Any, at: Point) -> Entry:
        first = not self._lines[at.line][: at.column].strip()
        blank = first and is_blank(self._lines, at.line - 1)
        return Entry(key, self._value(event, at.column), at, blank)

    def _group(self, entries: list[Entry], start: Any, end: Any, *, mapping: bool) -> Group:
        return Group(
            entries,
            mapping=mapping,
            flow=bool(start.flow_style),
            start=_point(start.start_mark),
            end=_point(end.end_mark),
        )

    def _text(self, event: Any, column: int) -> Text:
        start, end = _point(event.start_mark), _point(event.end_mark)
        if event.style in {"|", ">"}:
            block, self.bodies[start] = block_of(self._lines, start, column)
            return Text(event.value, event.value, block)
        if not event.implicit[0]:
            return Text(event.value, event.value)
        value, _ = resolve(event.value)
        block = plain_lines(self._lines, start, end) if start.line != end.line else None
        return Text(value, event.value, block)
