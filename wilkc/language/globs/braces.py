"""Brace expansion over tokens. Layer: language (pure).

The groups are read with a stack of their own: nesting is bounded by the length of a pattern
alone, which is more than the interpreter's own stack holds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NoReturn

from wilkc.core.errors import PatternError
from wilkc.language.globs.tokens import Token

if TYPE_CHECKING:
    from wilkc.language.globs.tokens import Codes, Tokens

MAX_EXPANSIONS: Final = 1_000
_BRACES: Final = frozenset("{,}")
"""Without one of these a pattern stands for itself alone."""
_RANGE: Final = re.compile(r"[^.]+\.\.[^.]+")


def expand_braces(text: str, tokens: Tokens, codes: Codes) -> list[Tokens]:
    """Every combination of alternatives, in the order written.

    Raises:
        PatternError: a group has one alternative, is not closed, or stands for a range; or
            the combinations are more than `MAX_EXPANSIONS`.
    """
    if _BRACES.isdisjoint(text):
        return [tokens]
    return _Expansion(text, codes).of(tokens)


@dataclass(slots=True)
class _Level:
    """One open group, or the whole pattern.

    Attributes:
        opening: its `{`; None for the whole pattern.
        finished: what the alternatives before the last comma stand for.
        current: what the alternative being read stands for, so far.
        commas: how many have been read.
    """

    opening: Token | None = None
    finished: list[Tokens] = field(default_factory=list)
    current: list[Tokens] = field(default_factory=lambda: [()])
    commas: int = 0


class _Expansion:
    """Expands one pattern; `_levels` holds the open groups, outermost first."""

    def __init__(self, text: str, codes: Codes) -> None:
        self._text = text
        self._codes = codes
        self._levels = [_Level()]

    def of(self, tokens: Tokens) -> list[Tokens]:
        run: list[Token] = []
        for token in tokens:
            if token.kind == "comma" and len(self._levels) == 1:
                run.append(Token("char", token.start, token.end, ","))
            elif token.kind in {"open", "comma", "close"}:
                self._append([tuple(run)])
                run.clear()
                self._brace(token)
            else:
                run.append(token)
        opening = self._levels[-1].opening
        if opening is not None:
            advice = "close it with `}`, or write `\\{` for the character"
            self._refuse(opening, tokens[-1], "the brace is not closed", advice)
        self._append([tuple(run)])
        return self._levels[0].current

    def _brace(self, token: Token) -> None:
        level = self._levels[-1]
        if token.kind == "open":
            self._levels.append(_Level(token))
        elif token.kind == "comma":
            level.finished += level.current
            level.current = [()]
            level.commas += 1
        else:
            self._close(level, token)

    def _close(self, level: _Level, closing: Token) -> None:
        if level.opening is None:
            self._refuse(closing, closing, "`}` closes nothing", "write `\\}` for the character")
        if not level.commas:
            self._refuse_single(level.opening, closing)
        self._levels.pop()
        self._append(level.finished + level.current)

    def _append(self, following: list[Tokens]) -> None:
        """Continue what is being read with each of the given ways.

        No later step makes the number smaller, so the first excess decides.
        """
        level = self._levels[-1]
        if len(level.current) * len(following) > MAX_EXPANSIONS:
            raise PatternError(
                self._codes.limit,
                f"braces stand for more than {MAX_EXPANSIONS} patterns",
                "write several entries",
                start=0,
                end=len(self._text),
            )
        level.current = [before + after for before in level.current for after in following]

    def _refuse_single(self, opening: Token, closing: Token) -> NoReturn:
        inside = self._text[opening.end : closing.start]
        if _RANGE.fullmatch(inside):
            message = f"the range `{{{inside}}}` is not known"
            advice = "write the alternatives `{1,2,3}`, or a class such as `[1-3]`"
        else:
            message = "braces with one alternative"
            advice = "leave the braces out, or write `\\{` and `\\}` for the characters"
        self._refuse(opening, closing, message, advice)

    def _refuse(self, first: Token, last: Token, message: str, advice: str) -> NoReturn:
        raise PatternError(self._codes.brace, message, advice, start=first.start, end=last.end)
