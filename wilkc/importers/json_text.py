"""JSON with comments to located nodes. Layer: importers (pure).

The JSON of RFC 8259, without what two readers may read in two ways: a key twice, `NaN`, halves of
surrogate pairs. Comments are blanks, as the tools have it that write such files.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Any, Final, NoReturn

from wilkc.core.errors import UsageError
from wilkc.core.spans import Span
from wilkc.syntax import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.syntax import Node

MAX_DEPTH: Final = 32
_TOKEN: Final = re.compile(
    r"""(?P<blank>[ \t\r\n]+|//[^\n]*|/\*.*?\*/)
      | (?P<text>"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*")
      | (?P<word>[-+.0-9A-Za-z]+)
      | (?P<mark>[][{},:])""",
    re.VERBOSE | re.DOTALL,
)
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,17})?(?:[eE][-+]?[0-9]{1,3})?")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_WORDS: Final = {"true": True, "false": False, "null": None}


def read_json_text(name: str, text: str) -> Node:
    """The value of a JSON text.

    Raises:
        UsageError: not JSON; the message names the place.
    """
    reader = _Reader(name, text)
    node = reader.value(1)
    if reader.kind:
        reader.refuse("something stands after the value")
    return node


class _Reader:
    """Reads one text; `kind`, `word` and `at` are of the next token, empty at the end."""

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._starts = [0, *(one.end() for one in re.finditer("\n", text))]
        self._tokens = self._split(text)
        self.kind, self.word, self.at = next(self._tokens)

    def _split(self, text: str) -> Iterator[tuple[str, str, int]]:
        at = 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                self.at = at
                self.refuse("not JSON")
            if found.lastgroup != "blank":
                yield str(found.lastgroup), found[0], at
            at = found.end()
        yield "", "", at

    def _step(self) -> None:
        self.kind, self.word, self.at = next(self._tokens)

    def refuse(self, message: str) -> NoReturn:
        raise UsageError(f"{self._span()}: {message}")

    def _span(self) -> Span:
        line = bisect_right(self._starts, self.at)
        column = self.at - self._starts[line - 1] + 1
        return Span(self._name, line, column, line, column + 1)

    def value(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            self.refuse(f"nested deeper than {MAX_DEPTH}")
        if self.word == "{":
            return self._object(depth)
        if self.word == "[":
            return self._array(depth)
        return self._scalar()

    def _object(self, depth: int) -> Mapping:
        span, seen = self._span(), set[str]()
        entries: list[tuple[Scalar, Node]] = []
        while self._more("}", first=not entries):
            key = self._key()
            if key.text in seen:
                raise UsageError(f"{key.span}: the key `{key.text}` stands here twice")
            seen.add(key.text)
            self._mark(":")
            entries.append((key, self.value(depth + 1)))
        return Mapping(span, tuple(entries))

    def _array(self, depth: int) -> Sequence:
        span = self._span()
        found: list[Node] = []
        while self._more("]", first=not found):
            found.append(self.value(depth + 1))
        return Sequence(span, tuple(found))

    def _more(self, end: str, *, first: bool) -> bool:
        """Whether another member follows; steps over what stands before it."""
        if first:
            self._step()
            if self.word == end:
                self._step()
                return False
            return True
        if self.word == end:
            self._step()
            return False
        self._mark(",")
        return True

    def _mark(self, mark: str) -> None:
        if self.word != mark:
            self.refuse(f"not JSON: a `{mark}` is wanted")
        self._step()

    def _key(self) -> Scalar:
        if self.kind != "text":
            self.refuse("not JSON: a name in double quotes is wanted")
        if not json.loads(self.word).isprintable():
            self.refuse("a name must be of characters that can be shown")
        return self._scalar()

    def _scalar(self) -> Scalar:
        span, word = self._span(), self.word
        value: Any
        if self.kind == "text":
            value = json.loads(word)
            if _SURROGATE.search(value):
                self.refuse("half of a surrogate pair is no text")
        elif word in _WORDS:
            value = _WORDS[word]
        elif _NUMBER.fullmatch(word):
            value = json.loads(word)
        else:
            self.refuse("not JSON: a value is wanted")
        plain = self.kind != "text"
        self._step()
        return Scalar(span, word if plain else value, value, plain)
