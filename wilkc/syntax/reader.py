"""YAML text to located nodes. Layer: syntax; the only home of PyYAML.

The event stream is composed here and never constructed: no tags, no aliases, no merging,
no duplicate keys, and limits that are checked before the work they bound.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import yaml

from wilkc.core.diagnostics import Diagnostic
from wilkc.core.spans import Span
from wilkc.syntax.leftovers import leftover
from wilkc.syntax.nodes import Mapping, Node, Scalar, Sequence
from wilkc.syntax.scalars import resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 32
MAX_NODES: Final = 100_000
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]")
_ODD_BREAK: Final = re.compile(r"\r(?!\n)|[\x85\u2028\u2029]")
"""Line breaks of YAML 1.1 that YAML 1.2, editors or differences show as a part of their line."""
_ESCAPED: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Control characters that no escape may bring into a text, line breaks and tabs excepted."""
_BIDI: Final = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Marks that change the order in which text is shown, see Unicode Standard Annex 9."""
_REFUSED: Final = (
    (
        _CONTROL, "W004", "control character {}",
        "remove it; the text may have been pasted from a terminal",
    ),
    (
        _ODD_BREAK, "W004", "{} begins a new line for some readers and none for others",
        "write an ordinary line break; what looks like a comment may be an entry",
    ),
    (
        _BIDI, "W012", "{} changes the order in which this text is shown",
        "remove it, also from comments; reviewers would read something else",
    ),
)  # fmt: skip
"""Characters that no file may hold: code, message and advice of each kind."""
_new_span: Callable[[tuple[str, int, int, int, int]], Span] = partial(tuple.__new__, Span)
_new_scalar: Callable[[tuple[Span, str, Any, bool, str]], Scalar] = partial(tuple.__new__, Scalar)
"""The tuples as they are, in a third of the time: half of a file's reading was this."""
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
PARSER: Final = f"libyaml {yaml._yaml.get_version_string()}" if yaml.__with_libyaml__ else "python"  # noqa: SLF001
"""What parses: not all of it comes with PyYAML's own version."""


class _Refused(Exception):  # noqa: N818 - a control flow signal that never leaves this module
    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def read_documents(data: bytes, file: str) -> tuple[tuple[Node, ...], tuple[Diagnostic, ...]]:
    """The documents of a YAML file.

    Args:
        data: the file's bytes, UTF-8.
        file: the name that diagnostics show.

    Returns:
        The documents and every problem. After a problem that leaves the rest of the text
        without meaning there are no documents.
    """
    reader = _Reader(file)
    try:
        text = _decode(data, file)
        return tuple(reader.documents(text)), tuple(reader.problems)
    except _Refused as refusal:
        return (), (*reader.problems, refusal.diagnostic)


def read_text(data: bytes, file: str) -> tuple[str | None, tuple[Diagnostic, ...]]:
    """The text of a file that is not YAML, under the same rules; None where it breaks one."""
    try:
        return _decode(data, file), ()
    except _Refused as refusal:
        return None, (refusal.diagnostic,)


def _decode(data: bytes, file: str) -> str:
    start = Span(file, 1, 1, 1, 1)
    if len(data) > MAX_BYTES:
        raise _refused(
            "W002", f"the file has {len(data)} bytes, more than {MAX_BYTES}", start,
            "split it into several files",
        )  # fmt: skip
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", errors="replace")
        raise _refused(
            "W003", "the file is not UTF-8 text", _point(file, before),
            "save it as UTF-8; a binary file is no spec",
        ) from error  # fmt: skip
    _check_characters(text, file)
    left = leftover(text)
    if left:
        raise _refused(left.code, left.message, _point(file, text[: left.start]), left.advice)
    return text


def _check_characters(text: str, file: str) -> None:
    if text.isascii() and text.replace("\n", "").isprintable():
        return
    for characters, code, what, advice in _REFUSED:
        found = characters.search(text)
        if found:
            before = text[: found.start()]
            message = what.format(f"U+{ord(found[0]):04X}")
            raise _refused(code, message, _point(file, before), advice)


def _is_unwritten(span: Span) -> bool:
    return span[1:3] == span[3:5]


def _point(file: str, before: str) -> Span:
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    return Span(file, line, column, line, column + 1)


def _refused(code: str, message: str, span: Span, help_text: str) -> _Refused:
    return _Refused(Diagnostic(code, "error", message, span, help=help_text))


@dataclass
class _Reader:
    """Composes the events of one file."""

    file: str
    problems: list[Diagnostic] = field(default_factory=list)
    _count: int = 0

    def documents(self, text: str) -> Iterator[Node]:
        """The documents in which anything is written; a `---` that was left over begins none."""
        loader = _LOADER(text)
        try:
            while loader.check_event():
                event = loader.get_event()
                if isinstance(event, yaml.DocumentStartEvent):
                    node = self._node(loader, loader.get_event(), 1)
                    # A `null` that somebody wrote is a document, of no kind that is known.
                    if not (isinstance(node, Scalar) and _is_unwritten(node.span)):
                        yield node
        except yaml.MarkedYAMLError as error:
            raise self._syntax_error(error) from error
        except yaml.reader.ReaderError as error:
            span = _point(self.file, text[: error.position])
            raise _refused("W004", "a character that YAML does not allow", span, "") from error
        finally:
            loader.dispose()

    def _syntax_error(self, error: yaml.MarkedYAMLError) -> _Refused:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        span = Span(self.file, line, column, line, column + 1)
        problem = (error.problem or "the text is not YAML").replace("\n", " ")
        context = f" {error.context}" if error.context else ""
        return _refused(
            "W001", f"not YAML: {problem}{context}", span,
            "check the indentation and the quotes around this place",
        )  # fmt: skip

    def _node(self, loader: Any, event: Any, depth: int) -> Node:
        start, end = event.start_mark, event.end_mark
        span = _new_span(
            (self.file, start.line + 1, start.column + 1, end.line + 1, end.column + 1)
        )
        self._count += 1
        if self._count > MAX_NODES:
            raise _refused("W002", f"more than {MAX_NODES} values", span, "split the file")
        if depth > MAX_DEPTH:
            raise _refused(
                "W002", f"values nested deeper than {MAX_DEPTH}", span, "no spec needs that"
            )
        kind = type(event)
        if kind is yaml.AliasEvent:
            raise _refused("W005", f"the alias `*{event.anchor}`", span, "write the value out")
        if event.anchor is not None:
            raise _refused("W005", f"the anchor `&{event.anchor}`", span, "write the value out")
        if event.tag is not None:
            raise _refused("W006", f"the tag `{event.tag}`", span, "write the plain value")
        if kind is yaml.ScalarEvent:
            return _scalar(event, span)
        if kind is yaml.SequenceStartEvent:
            return self._sequence(loader, span, depth)
        return self._mapping(loader, span, depth)

    def _sequence(self, loader: Any, span: Span, depth: int) -> Sequence:
        items = []
        take = loader.get_event
        event = take()
        while type(event) is not yaml.SequenceEndEvent:
            items.append(self._node(loader, event, depth + 1))
            event = take()
        return Sequence(span, tuple(items))

    def _mapping(self, loader: Any, span: Span, depth: int) -> Mapping:
        entries: list[tuple[Scalar, Node]] = []
        seen: dict[str, Span] = {}
        take = loader.get_event
        event = take()
        while type(event) is not yaml.MappingEndEvent:
            key = self._node(loader, event, depth + 1)
            value = self._node(loader, take(), depth + 1)
            if isinstance(key, Scalar) and self._takes_key(key, seen):
                entries.append((key, value))
            elif not isinstance(key, Scalar):
                self._report("W007", "a key must be a plain word", key.span, "write `word: value`")
            event = take()
        return Mapping(span, tuple(entries))

    def _takes_key(self, key: Scalar, seen: dict[str, Span]) -> bool:
        if key.plain and key.text == "<<":
            self._report("W005", "the merge key `<<`", key.span, "write the keys out")
            return False
        if key.text in seen:
            self._report(
                "W008",
                f"the key `{key.text}` stands here twice",
                key.span,
                f"it was first given in line {seen[key.text].line}; keep one",
            )
            return False
        seen[key.text] = key.span
        return True

    def _report(self, code: str, message: str, span: Span, help_text: str) -> None:
        self.problems.append(Diagnostic(code, "error", message, span, help=help_text))


def _scalar(event: Any, span: Span) -> Scalar:
    text = event.value
    if event.implicit[0]:
        value, doubtful = resolve(text)
        return _new_scalar((span, text, value, True, doubtful))
    hidden = None if text.isprintable() else _ESCAPED.search(text)
    if hidden:
        raise _refused(
            "W004",
            f"an escape that stands for the control character U+{ord(hidden[0]):04X}",
            span,
            "leave it out; no text of a spec needs one",
        )
    return _new_scalar((span, text, text, False, ""))
