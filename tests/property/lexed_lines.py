"""A shell line as the lexer reads it, with what the oracles need to know of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from wilkc.language.commands.lexer import lex_line, lex_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.language.commands import Argv

_OPERATOR: Final = re.compile(r"&&|\|\||[;|]")


@dataclass(frozen=True)
class Spelled:
    """A word as the line spells it, what stands around it, and whether it is the program."""

    raw: str
    before: str
    after: str
    program: bool


@dataclass(frozen=True)
class Lexed:
    """A line, its commands as someone reads them, the operators between those, its words."""

    line: str
    commands: tuple[Argv, ...]
    operators: tuple[str, ...]
    words: tuple[Spelled, ...] = ()

    @classmethod
    def of(cls, line: str) -> Lexed:
        """As the lexer reads it.

        Raises:
            RequestError: the lexer refuses the line.
        """
        commands = lex_line(line)
        words = lex_words(line, globs=False)
        gaps = [line[left[-1].end : right[0].start] for left, right in pairwise(words)]
        found = [_OPERATOR.search(gap) for gap in gaps]
        spelled = [
            Spelled(line[word.start : word.end], line[: word.start], line[word.end :], place == 0)
            for command in words
            for place, word in enumerate(command)
        ]
        operators = tuple(one[0] if one else "" for one in found)
        return cls(line, commands, operators, tuple(spelled))

    def statuses(self) -> tuple[int, ...]:
        """Exit statuses with which each command of the line runs at least once."""
        if "||" not in self.operators:
            return (0,)
        return (0, 1) if "&&" in self.operators else (1,)

    def pipelines(self, status: int) -> Iterator[tuple[Argv, ...]]:
        """The pipelines that run, in order, if every command ends with this status."""
        skipping = "||" if status == 0 else "&&"
        pipeline: list[Argv] = []
        skipped = False
        for operator, command in zip((";", *self.operators), self.commands, strict=True):
            if operator != "|":
                yield tuple(pipeline)
                pipeline = []
                skipped = operator == skipping
            if not skipped:
                pipeline.append(command)
        yield tuple(pipeline)
