"""Who changes alike, who comes and who goes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.unit.analyze.difference.conftest import plan_of, spec
from wilkc.analyze.difference import compare

if TYPE_CHECKING:
    from wilkc.plan import Plan

READ: dict[str, Any] = {"filesystem": {"read": ["./src/**"]}}
MORE: dict[str, Any] = {"filesystem": {"read": ["./src/**", "**/*.pem"]}}


def test_agents_of_equal_meaning_share_a_group_whatever_their_specs_are_called() -> None:
    old = plan_of(spec(READ, "a"), spec(READ, "b"), spec(READ, "c"))
    new = plan_of(spec(MORE, "a"), spec(MORE, "b"), spec(READ, "c"))
    comparison = compare(old, new)
    assert comparison.compared == 3
    assert [(one.agents, one.fate, len(one.changes)) for one in comparison.groups] == [
        (("a", "b"), "changed", 1),
        (("c",), "unchanged", 0),
    ]
    assert comparison.groups[0].old_specs == ("a", "b")


def test_an_agent_that_comes_is_granted_everything_newly() -> None:
    old, new = plan_of(spec(READ, "a")), plan_of(spec(READ, "a"), spec(MORE, "b"))
    first = compare(old, new).groups[0]
    assert (first.agents, first.fate, first.old_specs) == (("b",), "added", ())
    assert {one.kind for one in first.changes} == {"newly_allowed"}
    gone = compare(new, old).groups[0]
    assert (gone.agents, gone.fate, gone.new_specs) == (("b",), "removed", ())
    assert {one.kind for one in gone.changes} == {"newly_denied"}
    assert gone.files == ("f1.yaml",)


def test_an_agent_that_is_granted_nothing_comes_without_a_clause() -> None:
    group = compare(plan_of(spec(READ, "a")), plan_of(spec(READ, "a"), spec({}, "b"))).groups[0]
    assert (group.agents, group.fate, group.changes) == (("b",), "added", ())


def test_another_spec_of_the_same_meaning_moves_and_changes_nothing() -> None:
    bound = {"bindings": {"s0": ["x"]}}
    moved = {"bindings": {"s1": ["x"]}}
    specs = spec(READ, "s0"), spec(READ, "s1")
    comparison = compare(plan_of(*specs, bound), plan_of(*specs, moved))
    assert comparison.changed == ()
    group = next(one for one in comparison.groups if "x" in one.agents)
    assert (group.moved, group.widens, group.narrows) == (True, False, False)


def test_splitting_a_spec_into_bases_changes_nothing() -> None:
    whole = spec({"filesystem": {"read": ["./a", "./b"]}}, "a")
    parts = (
        {"agents": [], "permissions": {"filesystem": {"read": ["./a"]}}},
        spec({"filesystem": {"read": ["./b"]}}, "a", extends=["f0"]),
    )
    assert compare(plan_of(whole), plan_of(*parts)).changed == ()


def test_lines_that_were_reworded_are_counted() -> None:
    old = plan_of(spec({"filesystem": {"read": ["./{a,b}", "./c"]}}, "a"))
    new = plan_of(spec({"filesystem": {"read": ["./a", "./b", "./c"]}}, "a"))
    (group,) = compare(old, new).groups
    assert (group.fate, group.reworded) == ("unchanged", 2)
    assert compare(old, old).groups[0].reworded == 0


def test_the_riskiest_comes_first() -> None:
    old = plan_of(spec(READ, "a"), spec(READ, "b"), spec(READ, "c"))
    low = {"filesystem": {"read": ["./src/**", "./docs/*.md"]}}
    new = plan_of(spec(low, "a"), spec({}, "b"), spec(MORE, "c"))
    assert [one.risk for one in compare(old, new).groups] == ["high", "low", "none"]


def test_which_spec_comes_first_is_a_difference_of_its_limits() -> None:
    def asks(rate: int) -> dict[str, Any]:
        return {"llm": {"allowed_models": ["m"], "max_requests_per_hour": rate}}

    def plan(first: int, second: int) -> Plan:
        held = plan_of(spec(asks(first), "s0"), spec(asks(second), "s1"))
        return replace(held, agents={"z": ("s0", "s1")})

    strict, loose = plan(5, 9), plan(9, 5)
    assert {one.detail for one in compare(strict, loose).groups[0].changes} == {"5 -> 9"}
    assert {one.kind for one in compare(strict, loose).groups[0].changes} == {"looser"}
    assert {one.kind for one in compare(loose, strict).groups[0].changes} == {"tighter"}
    assert compare(strict, strict).changed == ()
