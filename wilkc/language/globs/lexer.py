"""Pattern text to tokens. Layer: language (pure)."""

from __future__ import annotations

import re
from functools import cache, partial
from typing import TYPE_CHECKING, Final, NoReturn

from wilkc.core.errors import PatternError
from wilkc.language.atoms import CharClass
from wilkc.language.globs.tokens import Codes, Token, Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_KINDS: Final = {"*": "star", "?": "any", "{": "open", ",": "comma", "}": "close"}
_PIECES: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*|.", re.DOTALL)
"""A run of characters that mean themselves, or any one character.

A `.` or `-` may mean something where a segment begins, so none of them begins a run.
"""
_new_token: Callable[[tuple[str, int, int, str, bool, None]], Token] = partial(tuple.__new__, Token)


def lex(text: str, codes: Codes, *, separator: str) -> Tokens:
    """The tokens of a non-empty text.

    Raises:
        PatternError: a class or an escape is refused.
    """
    return _Lexer(text, codes, separator).tokens()


class _Lexer:
    """Cuts one text into tokens."""

    def __init__(self, text: str, codes: Codes, separator: str) -> None:
        self._text = text
        self._codes = codes
        self._separator = separator
        self._braces = 0
        """How many are open where the text is being read."""

    def tokens(self) -> Tokens:
        kinds = _kinds(self._separator)
        if "\\" not in self._text and "[" not in self._text:
            return _plain_tokens(self._text, kinds)
        found: list[Token] = []
        place = 0
        while place < len(self._text):
            char = self._text[place]
            if char == "\\":
                token = self._escaped(place)
            elif char == "[":
                token = self._class(place)
            else:
                token = Token(kinds.get(char, "char"), place, place + 1, char)
                self._braces = max(self._braces + (char == "{") - (char == "}"), 0)
            found.append(token)
            place = token.end
        return tuple(found)

    def _escaped(self, place: int) -> Token:
        after = self._text[place + 1 : place + 2]
        if not after or after == self._separator:
            what = "before a slash" if after else "at the end"
            raise PatternError(
                self._codes.escape,
                f"a backslash {what} escapes nothing",
                "write `\\\\` for the character, or leave it out",
                start=place,
                end=place + 1,
            )
        return Token("char", place, place + 2, after, escaped=True)

    def _class(self, start: int) -> Token:
        place = start + 1
        negated = self._text[place : place + 1] in {"!", "^"} and place < len(self._text)
        place += negated
        if self._text[place : place + 1] == "]":
            self._refuse_class(start, place + 1, "`]` stands first in the class")
        ranges: list[tuple[str, str]] = []
        while self._text[place : place + 1] != "]":
            low, place = self._member(start, place)
            high = low
            if self._text[place : place + 1] == "-" and self._text[place + 1 : place + 2] != "]":
                high, place = self._member(start, place + 1)
            if high < low:
                self._refuse_class(start, place, f"the range `{low}-{high}` is reversed")
            ranges.append((low, high))
        return Token("class", start, place + 1, ranges=CharClass(_merged(ranges), bool(negated)))

    def _member(self, start: int, place: int) -> tuple[str, int]:
        char = self._text[place : place + 1]
        if char == "[":
            self._check_named_class(place)
        elif char == "{" or (self._braces and char and char in ",}"):
            # Braces are expanded first: `[{a,b}]` would be `[a]` and `[b]`.
            raise PatternError(
                self._codes.char_class,
                f"`{char}` of braces in a class",
                f"write `\\{char}` for the character, or the braces around the class",
                start=place,
                end=place + 1,
            )
        elif char == "\\":
            place += 1
            char = self._text[place : place + 1]
        if not char:
            self._refuse_class(start, len(self._text), "the class is not closed")
        if char == self._separator:
            raise PatternError(
                self._codes.class_separator,
                "a class never takes a slash",
                "write the slash outside the class",
                start=place,
                end=place + 1,
            )
        return char, place + 1

    def _check_named_class(self, place: int) -> None:
        """Refuse `[:alpha:]` and kin, of which only `[:` is refused without its end."""
        mark = self._text[place + 1 : place + 2]
        if mark == ":" or (mark and mark in ".=" and f"{mark}]" in self._text[place + 2 :]):
            raise PatternError(
                self._codes.posix,
                f"a named class such as `[{mark}alpha{mark}]` is not known",
                "write the range, for example `[a-zA-Z]`",
                start=place,
                end=place + 2,
            )

    def _refuse_class(self, start: int, end: int, message: str) -> NoReturn:
        raise PatternError(
            self._codes.char_class,
            message,
            "write `[abc]`, `[a-z]` or `[!a-z]`, with `\\]` for the bracket in it, or `\\[` "
            "for a plain one",
            start=start,
            end=end,
        )


@cache
def _kinds(separator: str) -> Mapping[str, str]:
    return _KINDS | {separator: "separator"}


def _plain_tokens(text: str, kinds: Mapping[str, str]) -> Tokens:
    """The tokens of a text without classes and escapes."""
    found: list[Token] = []
    place = 0
    for piece in _PIECES.findall(text):
        end = place + len(piece)
        found.append(_new_token((kinds.get(piece, "char"), place, end, piece, False, None)))
        place = end
    return tuple(found)


def _merged(ranges: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The same set as sorted ranges that neither overlap nor touch."""
    merged: list[tuple[str, str]] = []
    for low, high in sorted(ranges):
        if merged and ord(low) <= ord(merged[-1][1]) + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return tuple(merged)
