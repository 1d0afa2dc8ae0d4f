"""Where and how commands run: directories, `#!` lines, several commands of one line.

Layer: analyze. LANGUAGE.md section 4.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wilkc.analyze.difference.members import members
from wilkc.analyze.difference.model import Change, Undecided
from wilkc.analyze.difference.runnable import directory_forms
from wilkc.analyze.difference.sides import Side, place_of
from wilkc.core.contract import Request
from wilkc.language.automata import (
    CANONICAL_PATH,
    Inconclusive,
    Negatives,
    Witness,
    difference,
    path_language,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.analyze.difference.commands import CommandQuestion
    from wilkc.analyze.difference.runnable import Runnable
    from wilkc.analyze.difference.sides import Direction, Finding
    from wilkc.plan import SpecPlan

Words = tuple[str, ...]
TRIED: Final = 300
"""Commands tried as an example for one directory."""


def running_differences(question: CommandQuestion) -> Iterator[Finding]:
    """Differences beside those of the command entries themselves."""
    yield from _directories(question)
    yield from _interpreted(question)
    if len(question.direction.base.specs) > 1:
        yield from _lines(question)


def _directories(question: CommandQuestion) -> Iterator[Finding]:
    """Directories in which only `to` runs commands."""
    direction = question.direction
    for spec in direction.to.specs if question.allow else ():
        for rule in spec.permissions.shell.directories or ():
            verdicts = [
                difference(
                    CANONICAL_PATH & path_language(pattern, fold=spec.fold),
                    base,
                    budget=direction.budget,
                )
                for pattern in rule.patterns
                for base in _bases(direction)
            ]
            texts = sorted((one.text for one in verdicts if isinstance(one, Witness)), key=len)
            unsure = [one.why for one in verdicts if isinstance(one, Inconclusive)]
            change = direction.settle(
                _command(direction.agent, argv, cwd)
                for cwd in dict.fromkeys(texts)
                for argv in _examples(question, spec)
            )
            if change is not None:
                yield question.ranked(change)
            elif unsure:
                yield Undecided("shell", "execute", place_of(spec, rule.id), unsure[0])


def _bases(direction: Direction) -> Iterator[Negatives]:
    """The directories of the other version: of all its specs, and of each by itself."""
    specs = direction.base.specs
    yield Negatives(directory_forms(*specs))
    if len(specs) > 1:
        yield from (Negatives(directory_forms(spec)) for spec in specs)


def _examples(question: CommandQuestion, spec: SpecPlan) -> Iterator[Words]:
    """Commands that a spec may run, for each of its first patterns the plainest ones."""
    own = [one for one in question.allow if one.spec is spec]
    for one in own[:TRIED]:
        yield from members(one.pattern)[:3]
        yield from one.harmless


def _interpreted(question: CommandQuestion) -> Iterator[Finding]:
    """Files that only `to` runs by the interpreter of their `#!` line."""
    for one in question.allow:
        interpreters = one.spec.permissions.shell.interpreters
        if "/" not in one.pattern.program or not interpreters:
            continue
        for name in sorted(interpreters.values):
            change = question.settle(members(one.pattern)[:3], interpreter=name)
            if change is not None:
                yield change
                break


def _lines(question: CommandQuestion) -> Iterator[Finding]:
    """Lines whose commands the other version grants through different specs only."""
    direction = question.direction
    for spec in direction.to.specs:
        own = [one for one in question.allow if one.spec is spec]
        alone = [Side(direction.agent, (each,)) for each in direction.base.specs]
        for cwd in question.cwds:
            found = [_granted_not_by(direction, own, each, cwd) for each in alone]
            if all(found):
                commands = [list(argv) for argv in dict.fromkeys(one for one in found if one)]
                change = direction.settle([_line(direction.agent, commands, cwd)])
                if change is not None:
                    yield _ranked_line(question, change)
                    break


def _ranked_line(question: CommandQuestion, change: Change) -> Change:
    if not question.direction.widening:
        return change
    return replace(change, risk="medium", why="these commands may now stand in one line")


def _granted_not_by(
    direction: Direction, own: list[Runnable], base: Side, cwd: str
) -> Words | None:
    """A command that `to` runs and one spec of the other version does not."""
    for one in own:
        for argv in members(one.pattern)[:3]:
            request = _command(direction.agent, argv, cwd)
            if direction.to.decide(request).allow and not base.decide(request).allow:
                return argv
    return None


def _command(agent: str, argv: Words, cwd: str) -> Request:
    context = {} if cwd == "." else {"cwd": cwd}
    return Request(agent, "execute", "shell", " ".join(argv), {"argv": list(argv)}, context)


def _line(agent: str, commands: list[list[str]], cwd: str) -> Request:
    context = {} if cwd == "." else {"cwd": cwd}
    text = "; ".join(" ".join(argv) for argv in commands)
    return Request(agent, "execute", "shell", text, {"commands": commands}, context)
