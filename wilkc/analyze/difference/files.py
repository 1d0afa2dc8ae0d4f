"""Files: what one version may read, write and so on that the other may not. Layer: analyze.

LANGUAGE.md section 3. An enforcement point that knows a path by several names sends them all,
and blocks are judged on each, so a block that takes nothing from the allows still takes what
has another name there; that too is a difference, shown by an example with such a name.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from wilkc.analyze.difference.asking import Entry, Lists, surplus
from wilkc.analyze.difference.meeting import common
from wilkc.analyze.difference.model import Change, Undecided
from wilkc.analyze.difference.risk import Granted, file_risk
from wilkc.analyze.difference.sides import NOT_CONFIRMED, place_of
from wilkc.core.contract import Request
from wilkc.language.automata import (
    CANONICAL_PATH,
    Inconclusive,
    Witness,
    difference,
    extension_language,
    path_language,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wilkc.analyze.difference.asking import Surplus
    from wilkc.analyze.difference.sides import Direction, Finding, Side
    from wilkc.core.contract import Json
    from wilkc.language.automata import Language, Negatives
    from wilkc.language.paths import PathPattern
    from wilkc.plan.model import Rule, SpecPlan

FILE_ACTIONS: Final = ("read", "write", "execute", "delete", "watch")


@dataclass(frozen=True, slots=True)
class Ask:
    """Which requests for files are meant.

    Attributes:
        action: of the request.
        directory: whether they are for directories, which need no extension.
    """

    action: str
    directory: bool = False

    def request(self, agent: str, path: str, *aliases: str) -> Request:
        """The request for one path."""
        properties: dict[str, Json] = {"directory": True} if self.directory else {}
        if aliases:
            properties["aliases"] = list(aliases)
        return Request(agent, self.action, "file", path, properties)

    def lists(self, side: Side) -> Lists:
        """The entries that judge these requests, made once for a side."""
        if self not in side.kept:
            allow = tuple(
                Entry(spec, rule.id, tuple(self._allowing(spec, rule)))
                for spec in side.specs
                for rule in spec.permissions.file.allow.get(self.action, ())
            )
            side.kept[self] = Lists(allow, _blocks(side))
        lists: Lists = side.kept[self]
        return lists

    def _allowing(self, spec: SpecPlan, rule: Rule[PathPattern]) -> Iterator[Language]:
        extensions = spec.permissions.file.extensions
        for one in _forms(spec, rule):
            language = CANONICAL_PATH & one
            if self.action == "write" and extensions and not self.directory:
                language &= extension_language(extensions.values)
            yield language


def _blocks(side: Side) -> tuple[Entry, ...]:
    """The entries that take away from every action."""
    if "path blocks" not in side.kept:
        side.kept["path blocks"] = tuple(
            Entry(spec, rule.id, tuple(_forms(spec, rule)))
            for spec in side.specs
            for rule in spec.permissions.file.block
        )
    blocks: tuple[Entry, ...] = side.kept["path blocks"]
    return blocks


def _forms(spec: SpecPlan, rule: Rule[PathPattern]) -> Iterator[Language]:
    return (path_language(pattern, fold=spec.fold) for pattern in rule.patterns)


def file_differences(direction: Direction, *, other_names: bool = True) -> Iterator[Finding]:
    """The clauses of all actions on files, and what could not be decided about them.

    Args:
        direction: the two sides.
        other_names: whether paths with further names are asked about.
    """
    shown: set[str] = set()
    for action in FILE_ACTIONS:
        if _judging(direction.to, action) == _judging(direction.base, action):
            continue
        found = list(_differences(direction, Ask(action), shown))
        if action == "write" and limits_extensions(direction):
            known = {(one.old, one.new) for one in found if isinstance(one, Change)}
            found += [
                one
                for one in _differences(direction, Ask(action, directory=True), shown)
                if not isinstance(one, Change) or (one.old, one.new) not in known
            ]
        yield from found
    blocked = ([*map(_blocking, side.specs)] for side in (direction.to, direction.base))
    if other_names and next(blocked) != next(blocked):
        yield from _by_other_names(direction, shown)


def _judging(side: Side, action: str) -> list[object]:
    """What decides about an action, by spec: equal lists grant the same."""
    return [
        (
            _patterns(spec.permissions.file.allow.get(action, ())),
            _blocking(spec),
            spec.permissions.file.extensions.values
            if action == "write" and spec.permissions.file.extensions
            else None,
        )
        for spec in side.specs
    ]


def _blocking(spec: SpecPlan) -> tuple[object, bool]:
    """The blocks, and whether they ignore case."""
    return _patterns(spec.permissions.file.block), spec.fold


def _patterns(rules: Iterable[Rule[PathPattern]]) -> list[tuple[PathPattern, ...]]:
    # Patterns of the same text are the same object, so that equal lists are compared at once.
    return [rule.patterns for rule in rules]


def limits_extensions(direction: Direction) -> bool:
    """Whether files and directories are told apart when they are written."""
    specs = (*direction.to.specs, *direction.base.specs)
    return any(spec.permissions.file.extensions is not None for spec in specs)


def _differences(direction: Direction, ask: Ask, shown: set[str]) -> Iterator[Finding]:
    """The clauses of one action; `shown` gains the blocks that they name."""
    to, base = ask.lists(direction.to), ask.lists(direction.base)
    for one in surplus(to, base, direction.budget):
        if one.block is not None:
            shown.add(one.block.rule)
        yield _finding(direction, ask, one, to)


def _finding(direction: Direction, ask: Ask, one: Surplus, to: Lists) -> Finding:
    why = NOT_CONFIRMED
    if isinstance(one.verdict, Witness):
        change = direction.settle([ask.request(direction.agent, one.verdict.text)])
        if change is not None:
            if not direction.widening:
                return change
            risk, reason = file_risk(ask.action, _granted(direction, ask, one, to))
            return replace(change, risk=risk, why=reason)
    else:
        why = one.verdict.why
    return Undecided("file", ask.action, place_of(one.entry.spec, one.entry.rule), why)


def _granted(direction: Direction, ask: Ask, one: Surplus, to: Lists) -> Granted:
    """What the entry newly allows, without its extensions: those are looked at beforehand."""
    spec = one.entry.spec
    extensions = spec.permissions.file.extensions
    limited = extensions is not None and ask.action == "write" and not ask.directory
    rules = spec.permissions.file.allow[ask.action]
    forms = [each for rule in rules if rule.id == one.entry.rule for each in _forms(spec, rule)]
    if one.block is not None:
        taken = one.block.languages
        forms = [each & other for each in forms for other in taken if each.may_meet(other)]
    return Granted(
        example=one.verdict.text if isinstance(one.verdict, Witness) else "",
        languages=forms,
        blocked=to.blocked,
        extensions=extensions.values if extensions and limited else None,
        budget=direction.budget,
    )


def _by_other_names(direction: Direction, shown: set[str]) -> Iterator[Finding]:
    """Blocks of the other version alone that no clause names: they may be other names."""
    for action in FILE_ACTIONS:
        ask = Ask(action)
        to, base = ask.lists(direction.to), ask.lists(direction.base)
        if not (to.allow and base.allow):
            continue
        held = to.blocked
        gone = [
            block
            for block in base.block
            if block.rule not in shown and any(one.keys not in held.keys for one in block.languages)
        ]
        verdict = _shared(to, base, direction.budget) if gone else None
        for block in gone if verdict else ():
            if isinstance(verdict, Witness):
                found = _other_name(direction, ask, block, held, verdict.text)
            else:
                why = verdict.why if verdict else ""
                found = Undecided("file", action, place_of(block.spec, block.rule), why)
            if found is not None:
                shown.add(block.rule)
                yield found


def _shared(to: Lists, base: Lists, budget: int) -> Witness | Inconclusive | None:
    """A path that both versions grant, or why there may be one."""
    unsure = None
    for met in common(to, base, budget):
        if isinstance(met.verdict, Witness):
            return met.verdict
        unsure = unsure or met.verdict
    return unsure


def _other_name(
    direction: Direction, ask: Ask, block: Entry, held: Negatives, path: str
) -> Finding | None:
    """The clause of a path that both versions grant, by a name that only one of them blocks."""
    verdicts = [
        difference(CANONICAL_PATH & one, held, budget=direction.budget) for one in block.languages
    ]
    names = sorted((one.text for one in verdicts if isinstance(one, Witness)), key=len)
    change = direction.settle(ask.request(direction.agent, path, name) for name in names)
    if change is not None:
        why = "only for a path that has this other name" if direction.widening else ""
        return replace(change, risk="low" if direction.widening else "none", why=why)
    unsure = [one.why for one in verdicts if isinstance(one, Inconclusive)]
    if unsure:
        return Undecided("file", ask.action, place_of(block.spec, block.rule), unsure[0])
    return None
