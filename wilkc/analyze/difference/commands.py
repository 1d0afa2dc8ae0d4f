"""Commands that only one version runs. Layer: analyze. LANGUAGE.md section 4.

The automata say which argument lists to ask about; what the guard table, wrappers and
interpreters make of them is the reference evaluator's word. If it confirms neither the
shortest list nor one of those that are tried besides, the clause is not decided, unless it is
certain that nothing is granted: a pattern of one single command was asked about as a whole,
and a program that is opaque is never run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from wilkc.analyze.difference.elsewhere import from_elsewhere
from wilkc.analyze.difference.meaning import meaning
from wilkc.analyze.difference.members import is_single, members
from wilkc.analyze.difference.model import Change, Undecided
from wilkc.analyze.difference.risk import command_risk
from wilkc.analyze.difference.runnable import Runnable, blocks, directories, runnables
from wilkc.analyze.difference.sides import NOT_CONFIRMED, place_of
from wilkc.core.contract import Request
from wilkc.language.automata import (
    CANONICAL_ARGUMENTS,
    Included,
    Inconclusive,
    Negatives,
    Witness,
    arguments_of,
    command_language,
    difference,
)
from wilkc.language.commands import TABLES, command_matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wilkc.analyze.difference.sides import Direction, Finding
    from wilkc.language.automata import Language, Verdict
    from wilkc.language.commands import CommandPattern

Words = tuple[str, ...]


@dataclass(frozen=True)
class CommandQuestion:
    """What `to` runs and `base` does not."""

    direction: Direction

    @cached_property
    def cwds(self) -> list[str]:
        """Where examples are tried; none means that nothing runs anywhere."""
        return directories(self.direction.to, self.direction.base)

    @cached_property
    def allow(self) -> list[Runnable]:
        """The allows of `to`."""
        return runnables(self.direction.to)

    @cached_property
    def _base(self) -> dict[str, list[Runnable]]:
        found: dict[str, list[Runnable]] = {}
        for one in runnables(self.direction.base):
            found.setdefault(one.pattern.program, []).append(one)
        return found

    @cached_property
    def _blocking(self) -> list[Language]:
        return [command_language(pattern) for *_, pattern in blocks(self.direction.to)]

    @cached_property
    def _blocked(self) -> Negatives:
        return Negatives(self._blocking)

    def by_allow(self) -> Iterator[Finding]:
        """What each allow of `to` grants beyond those of `base`."""
        for one in self._rules():
            found = [self._beyond(each) for each in one]
            changes = [each for each in found if isinstance(each, Change)]
            reasons = [each for each in found if isinstance(each, str)]
            if changes:
                yield min(changes, key=_length)
            elif reasons:
                yield self._open(one[0], reasons[0])

    def _rules(self) -> Iterator[list[Runnable]]:
        groups: dict[tuple[str, str], list[Runnable]] = {}
        for one in self.allow:
            groups.setdefault((one.spec.name, one.rule.id), []).append(one)
        yield from groups.values()

    def _open(self, one: Runnable, why: str) -> Undecided:
        return Undecided("shell", "execute", place_of(one.spec, one.rule.id), why)

    def _beyond(self, one: Runnable) -> Change | str | None:
        """A clause of one pattern, why it is not decided, or None if it grants nothing new."""
        if one.program in TABLES.opaque:
            return None
        if one.interprets:
            return self._beyond_interpreter(one)
        base = self._base.get(one.pattern.program, [])
        strong = [each.language for each in base if each.grants_as_much(one)]
        return self._confirmed(one, [one.language], strong, members(one.pattern))

    def _beyond_interpreter(self, one: Runnable) -> Change | str | None:
        base = self._base.get(one.pattern.program, [])
        change = self.settle(one.harmless)
        if change is None and one.spells:
            strong = [each.language for each in base if each.grants_as_much(one)]
            found = self._confirmed(one, [one.language], strong, members(one.pattern))
            if found is not None:
                return found
        return change or self._beyond_scripts(one, base) or self._from_elsewhere(one, base)

    def _from_elsewhere(
        self, one: Runnable, base: list[Runnable], block: CommandPattern | None = None
    ) -> Change | str | None:
        """The clause of a script that is only run from another directory than the workspace."""
        if not one.lists or not self._scripts_differ:
            return None
        unsure = None
        for found in from_elsewhere(one, base, self.direction.budget, block):
            if isinstance(found, str):
                unsure = found
                continue
            argv, cwd = found
            change = self.direction.settle([_request(self.direction.agent, argv, cwd, {})])
            if change is not None:
                return self.ranked(change)
        return unsure

    @cached_property
    def _scripts_differ(self) -> bool:
        """Whether anything but the limits of commands is not the same for both sides."""
        sides = self.direction.to, self.direction.base
        first, second = ([meaning(spec)["shell"] for spec in side.specs] for side in sides)
        return set(first) != set(second)

    def _beyond_scripts(self, one: Runnable, base: list[Runnable]) -> Change | str | None:
        scripts, hidden = list(one.scripts), list(one.hidden)
        granted = [script for each in base for script in each.scripts]
        found = self._confirmed(one, scripts, [*hidden, *granted], ())
        if found is not None:
            return found
        own = {each.keys for each in hidden}
        for taken in {each.keys: each for other in base for each in other.hidden}.values():
            if taken.keys not in own:
                met = [each & taken for each in scripts]
                found = self._confirmed(one, met, hidden, ())
                if found is not None:
                    return found
        return None

    def _confirmed(
        self,
        one: Runnable,
        positives: Iterable[Language],
        negatives: Iterable[Language],
        tried: Iterable[Words],
    ) -> Change | str | None:
        """The clause of a shortest list, or of one that is tried besides."""
        held = Negatives((*self._blocking, *negatives))
        verdicts = [difference(each, held, budget=self.direction.budget) for each in positives]
        return self._chosen(one, verdicts, tried)

    def _chosen(
        self, one: Runnable, verdicts: list[Verdict], tried: Iterable[Words]
    ) -> Change | str | None:
        if all(isinstance(each, Included) for each in verdicts):
            return None
        texts = sorted((each.text for each in verdicts if isinstance(each, Witness)), key=len)
        change = self.settle(chain((tuple(arguments_of(text)) for text in texts), tried))
        if change is not None:
            return change
        unsure = [each.why for each in verdicts if isinstance(each, Inconclusive)]
        if unsure:
            return unsure[0]
        return None if is_single(one.pattern) else NOT_CONFIRMED

    def by_block(self) -> Iterator[Finding]:
        """What the blocks of `base` alone take away."""
        for *_, pattern in blocks(self.direction.base):
            language = command_language(pattern)
            if language.keys in self._blocked.keys:
                continue
            verdict = difference(
                CANONICAL_ARGUMENTS & language, self._blocked, budget=self.direction.budget
            )
            if isinstance(verdict, Included):
                continue
            reason = None
            for one in self.allow:
                if one.program != pattern.program or one.program in TABLES.opaque:
                    continue
                found = self._freed(one, pattern)
                if isinstance(found, Change):
                    yield found
                    reason = None
                    break
                reason = reason or (self._open(one, found) if found else None)
            if reason is not None:
                yield reason

    def _freed(self, one: Runnable, block: CommandPattern) -> Change | str | None:
        language = command_language(block)
        if not one.interprets or one.spells:
            tried = (argv for argv in members(one.pattern, block) if command_matches(block, argv))
            found = self._confirmed(one, [one.language & language], (), tried)
            if found is not None or not one.interprets:
                return found
        change = self.settle(argv for argv in one.harmless if command_matches(block, argv))
        met = [script & language for script in one.scripts]
        found = change or self._confirmed(one, met, one.hidden, ())
        return found or self._from_elsewhere(one, [], block)

    def settle(self, commands: Iterable[Words], **properties: str) -> Change | None:
        """The clause of the first command that only `to` runs, ranked."""
        change = self.direction.settle(
            _request(self.direction.agent, argv, cwd, properties)
            for argv in commands
            for cwd in self.cwds
        )
        return change if change is None else self.ranked(change)

    def ranked(self, change: Change) -> Change:
        """The clause with its risk."""
        if not change.widens or change.witness is None:
            return change
        argv = change.witness.properties["argv"]
        patterns = [
            one.pattern
            for one in self.allow
            if change.new and place_of(one.spec, one.rule.id) == change.new
        ]
        risk, why = command_risk(patterns, argv)
        return replace(change, risk=risk, why=why)


def _request(agent: str, argv: Words, cwd: str, properties: dict[str, str]) -> Request:
    context = {} if cwd == "." else {"cwd": cwd}
    held = {"argv": list(argv), **properties}
    return Request(agent, "execute", "shell", " ".join(argv), held, context)


def _length(change: Change) -> int:
    argv = change.witness.properties["argv"] if change.witness else ()
    return sum(map(len, argv)) + len(argv)
