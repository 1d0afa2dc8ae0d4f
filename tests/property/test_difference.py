"""Two versions of generated worlds, compared, and held to the reference evaluator."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.property.changes import edited, plan_of, renamed
from tests.property.questions import Asker
from tests.property.worlds import Maker
from wilkc.analyze.boundary import spec_requests
from wilkc.analyze.difference import compare
from wilkc.plan import decide

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.property.worlds import World
    from wilkc.analyze.difference import AgentGroup, Comparison
    from wilkc.core.contract import Request
    from wilkc.plan import Plan

WORLDS = 6
SPECS = 4
REQUESTS = 300
"""Near guesses for each group."""
Versions = tuple["Plan", "Plan", "Maker", "World"]


@pytest.fixture(params=[False, True], ids=["plain", "hostile"])
def hostile(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def versions(seed: int, effort: int, hostile: bool) -> Iterator[Versions]:
    """Pairs of plans of which the second is the first, edited in some places."""

    def pairs() -> Iterator[Versions]:
        for number in range(WORLDS * effort):
            maker = Maker(random.Random(seed + number), hostile=hostile)
            world = maker.world(SPECS)
            old, new = plan_of(world.sources), plan_of(edited(maker, world.sources))
            if old is not None and new is not None:
                yield old, new, maker, world

    return pairs()


def _shown(group: AgentGroup) -> set[tuple[str, str]]:
    """Type and direction of all clauses of a group, and of what it leaves undecided."""
    found = {(one.type, "wider" if one.widens else "narrower") for one in group.changes}
    for one in group.undecided:
        found |= {(one.type, "wider"), (one.type, "narrower")}
    return found


def test_every_example_is_granted_by_one_version_alone(versions: Iterator[Versions]) -> None:
    shown = undecided = 0
    for old, new, _, _ in versions:
        for group in compare(old, new).groups:
            undecided += len(group.undecided)
            for change in group.changes:
                assert change.old is not None or change.new is not None
                if change.witness is None:
                    assert change.kind in {"looser", "tighter"}
                    continue
                shown += 1
                granted = decide(old, change.witness).allow, decide(new, change.witness).allow
                assert granted == ((False, True) if change.widens else (True, False)), change
    print(f"{shown} examples, {undecided} undecided")
    assert shown > WORLDS
    assert undecided * 20 < shown


def test_no_difference_is_missed(versions: Iterator[Versions]) -> None:
    """Whatever boundary request or near guess two versions answer differently has a clause."""
    differing = 0
    for old, new, maker, world in versions:
        asker = Asker(maker.random, world, hostile=maker.hostile)
        for group in compare(old, new).groups:
            shown = _shown(group)
            for request in _asked(group, old, new, asker):
                one, other = decide(old, request), decide(new, request)
                if one.allow != other.allow:
                    differing += 1
                    way = "wider" if other.allow else "narrower"
                    assert (request.type, way) in shown, (request, one.detail, other.detail)
    print(f"{differing} differing answers")
    assert differing > WORLDS


def _asked(group: AgentGroup, old: Plan, new: Plan, asker: Asker) -> Iterator[Request]:
    agent = group.agents[0]
    for plan in (old, new):
        for name in plan.agents.get(agent, ()):
            yield from spec_requests(agent, plan.specs[name], "sample")
    for _ in range(REQUESTS):
        yield replace(asker.request(), agent=agent)


def test_equal_versions_have_no_difference(seed: int, hostile: bool) -> None:
    """Not in files, names, places, order or repetitions of what means the same."""
    for number in range(WORLDS):
        rng = random.Random(seed + number)
        world = Maker(rng, hostile=hostile).world(SPECS)
        old, same = plan_of(world.sources), plan_of(renamed(rng, world.sources))
        assert old is not None
        assert same is not None
        for other in (old, plan_of(world.sources), same):
            assert other is not None
            comparison = compare(old, other)
            assert comparison.changed == (), comparison.changed
            assert comparison.compared == len(old.agents)


def test_the_other_way_round_everything_is_reversed(versions: Iterator[Versions]) -> None:
    for old, new, _, _ in versions:
        forth, back = compare(old, new), compare(new, old)
        assert _clauses(forth) == _reversed(_clauses(back))


Clause = tuple[object, ...]


def _clauses(comparison: Comparison) -> set[Clause]:
    return {
        (group.agents, change.kind, change.type, change.action, change.old, change.new)
        for group in comparison.groups
        for change in group.changes
    }


def _reversed(clauses: set[Clause]) -> set[Clause]:
    other = {
        "newly_allowed": "newly_denied", "newly_denied": "newly_allowed",
        "looser": "tighter", "tighter": "looser",
    }  # fmt: skip
    return {
        (agents, other[str(kind)], type_, action, new, old)
        for agents, kind, type_, action, old, new in clauses
    }
