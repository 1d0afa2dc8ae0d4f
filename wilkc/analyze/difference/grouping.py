"""Which agents change alike. Layer: analyze.

Most specs of two versions are the same, down to their places, and most others of the same
meaning; neither is looked at further. So a comparison costs about what the changed specs do.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wilkc.analyze.difference.meaning import Meaning, differing, meaning, whole
from wilkc.plan import OwnSpecs, written_name

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from wilkc.analyze.difference.model import Change, Fate
    from wilkc.core.contract import RuleRef
    from wilkc.plan import Plan, SpecPlan

Names = tuple[str, ...]
Specs = tuple["SpecPlan", ...] | None
"""None where a version does not know the agent."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Agents with the same specs in meaning before, and the same after.

    Attributes:
        agents: their ids, sorted.
        old: the specs of the first before; none if it was not there.
        new: its specs after.
        old_names: the names of all their specs before, sorted.
        new_names: the same after.
        differing: the types in which the two versions do not mean the same.
        in_old: whether the version before knows the agents.
        in_new: whether the version after does.
    """

    agents: Names
    old: tuple[SpecPlan, ...]
    new: tuple[SpecPlan, ...]
    old_names: Names
    new_names: Names
    differing: frozenset[str]
    in_old: bool
    in_new: bool


def grouped(old: Plan, new: Plan) -> Iterator[Pairs]:
    """All agents of both versions in groups, in the order of their first agents."""
    known = _Meanings()
    before, after = OwnSpecs(old), OwnSpecs(new)
    groups: dict[Hashable, list[str]] = {}
    keys: dict[tuple[Hashable, Hashable], Hashable] = {}
    for agent in sorted({*old.agents, *new.agents}):
        alike = before.alike(agent), after.alike(agent)
        if alike not in keys:
            keys[alike] = known.key(before.of(agent), after.of(agent), alike)
        groups.setdefault(keys[alike], []).append(agent)
    for agents in groups.values():
        yield _pairs(before, after, tuple(agents), known)


def _pairs(old: OwnSpecs, new: OwnSpecs, agents: Names, known: _Meanings) -> Pairs:
    before, after = old.of(agents[0]), new.of(agents[0])
    return Pairs(
        agents,
        before or (),
        after or (),
        _written(old.plan, agents),
        _written(new.plan, agents),
        differing=known.differing(before, after),
        in_old=before is not None,
        in_new=after is not None,
    )


def _written(plan: Plan, agents: Names) -> Names:
    """The names that the specs of agents were written under."""
    held = (name for one in agents for name in plan.agents.get(one, ()))
    return tuple(sorted(set(map(written_name, held))))


class _Meanings:
    """The meanings of specs, worked out only where two differ in more than identity."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[Meaning, Hashable]] = {}

    def _of(self, spec: SpecPlan) -> tuple[Meaning, Hashable]:
        if id(spec) not in self._held:
            found = meaning(spec)
            self._held[id(spec)] = found, whole(found)
        return self._held[id(spec)]

    def differing(self, old: Specs, new: Specs) -> frozenset[str]:
        """The types in which two sets of specs do not mean the same."""
        if old == new:
            return frozenset()
        return differing(*((self._of(spec)[0] for spec in held or ()) for held in (old, new)))

    def key(self, old: Specs, new: Specs, alike: tuple[Hashable, Hashable]) -> Hashable:
        """The same for agents that change alike; by name alone for those that do not change."""
        if old is not None and new is not None and old == new:
            return alike
        return tuple(
            None if held is None else tuple(dict.fromkeys(self._of(spec)[1] for spec in held))
            for held in (old, new)
        )


def differing_types(old: Iterable[SpecPlan], new: Iterable[SpecPlan]) -> frozenset[str]:
    """The types in which two sets of specs do not mean the same."""
    return differing(map(meaning, old), map(meaning, new))


def fate_of(pairs: Pairs, *, changed: bool) -> Fate:
    """What became of the agents."""
    if not pairs.in_old:
        return "added"
    if not pairs.in_new:
        return "removed"
    return "changed" if changed else "unchanged"


def reworded(pairs: Pairs, changes: Iterable[Change]) -> int:
    """Lines that differ although nothing that is shown rests on them."""
    if pairs.old == pairs.new or not (pairs.in_old and pairs.in_new):
        return 0
    before, after = _lines(pairs.old), _lines(pairs.new)
    held = tuple(changes)
    lost = before - after - _resting(one.old for one in held)
    gained = after - before - _resting(one.new for one in held)
    return max(lost.total(), gained.total())


def _resting(refs: Iterable[RuleRef | None]) -> Counter[tuple[str, str]]:
    return Counter((_list_of(ref.id), ref.text) for ref in {*refs} if ref is not None)


def _lines(specs: Iterable[SpecPlan]) -> Counter[tuple[str, str]]:
    """The entries of specs, by their list and their text."""
    return Counter(
        (_list_of(ref.id), ref.text) for spec in specs for ref in spec.positions.values()
    )


def _list_of(rule: str) -> str:
    """The list that an entry stands in: its id without the number at its end."""
    head, _, number = rule.rpartition(".")
    return head if number.isdecimal() else rule
