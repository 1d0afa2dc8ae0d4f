"""Entries with conditions on any attribute, compared and proved in every way these can hold."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from tests.property.whens import near_conditions, random_when
from tests.unit.analyze.difference.conftest import confirmed, plan_of, spec
from wilkc.analyze.difference import compare
from wilkc.analyze.prove import Never, Within, prove_guardrails
from wilkc.core.contract import Request
from wilkc.language.guardrails import parse_guardrail
from wilkc.plan import build_plan, decide
from wilkc.spec import read_specs

if TYPE_CHECKING:
    from wilkc.analyze.difference import Comparison
    from wilkc.plan import Plan

ALWAYS = "./fix/**"
OFFICE = {"between": ["09:00", "17:00"], "tz": "Europe/Berlin", "days": ["mon-fri"]}


def _entry(**when: Any) -> dict[str, Any]:
    tests = {name.replace("_", ".", 1): test for name, test in when.items()}
    return {"path": ALWAYS, "when": tests}


def _spec(*allow: Any, block: tuple[Any, ...] = ()) -> dict[str, Any]:
    return spec({"filesystem": {"write": list(allow), "metadata": {"blocked_paths": list(block)}}})


def _env(*names: str) -> dict[str, Any]:
    return _entry(context_env=list(names))


def _not(*names: str) -> dict[str, Any]:
    return _entry(context_env={"not": list(names)})


def _flag(*values: object) -> dict[str, Any]:
    return _entry(context_flag=list(values))


def _ip(*blocks: str) -> dict[str, Any]:
    return _entry(context_ip={"cidr": list(blocks)})


def _size(**bounds: int) -> dict[str, Any]:
    return _entry(resource_size=bounds)


def _clock(start: str, end: str, *days: str, tz: str = "Europe/Berlin") -> dict[str, Any]:
    return _entry(
        context_time={"between": [start, end], "tz": tz, "days": list(days or ["mon-sun"])}
    )


WIDER, NARROWER = {"newly_allowed"}, {"newly_denied"}
CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any], set[str]]] = {
    "equal": (_spec(_env("a", "b")), _spec(_env("b", "a")), set()),
    "a value more": (_spec(_env("a")), _spec(_env("a", "b")), WIDER),
    "a truth value for a number": (_spec(_flag(1)), _spec(_flag(True)), WIDER | NARROWER),
    "a truth value beside": (_spec(_flag(0)), _spec(_flag(0), _flag(False)), WIDER),
    "a value less": (_spec(_env("a", "b")), _spec(_env("a")), NARROWER),
    "another value": (_spec(_env("a")), _spec(_env("b")), WIDER | NARROWER),
    "split in two": (_spec(_env("a", "b")), _spec(_env("a"), _env("b")), set()),
    "an exclusion more": (_spec(_not("a")), _spec(_not("a", "b")), NARROWER),
    "an exclusion less": (_spec(_not("a", "b")), _spec(_not("a")), WIDER),
    "one of to none of": (_spec(_env("a")), _spec(_not("b")), WIDER),
    "both halves are no whole": (_spec(ALWAYS), _spec(_env("a"), _not("a")), NARROWER),
    "both halves are presence": (
        _spec(_entry(context_env=["a"]), _entry(context_env={"not": ["a"]})),
        _spec(_entry(context_env={"present": True})),
        WIDER,  # What is there may be no text.
    ),
    "a wider block of addresses": (_spec(_ip("10.1.0.0/16")), _spec(_ip("10.0.0.0/15")), WIDER),
    "a block in two halves": (
        _spec(_ip("10.0.0.0/8")), _spec(_ip("10.0.0.0/9", "10.128.0.0/9")), set(),
    ),
    "a block that is wider upwards": (
        _spec(_ip("10.0.0.0/16")), _spec(_ip("10.0.0.0/15")), WIDER,
    ),
    "a higher minimum": (_spec(_size(min=10)), _spec(_size(min=11)), NARROWER),
    "addresses besides": (_spec(_ip("10.0.0.0/8")), _spec(_ip("10.0.0.0/8", "::1")), WIDER),
    "a higher bound": (_spec(_size(max=10)), _spec(_size(max=11)), WIDER),
    "a lower bound": (_spec(_size(max=10)), _spec(_size(max=9)), NARROWER),
    "a bound that is none": (_spec(_size(max=10)), _spec(_size(min=0, max=10)), set()),
    "a later end": (_spec(_clock("09:00", "17:00")), _spec(_clock("09:00", "17:01")), WIDER),
    "a day less": (
        _spec(_clock("09:00", "17:00", "mon-fri")), _spec(_clock("09:00", "17:00", "mon-thu")),
        NARROWER,
    ),
    "over midnight in two parts": (
        _spec(_clock("22:00", "06:00")), _spec(_clock("22:00", "24:00"), _clock("00:00", "06:00")),
        set(),
    ),
    "another zone": (
        _spec(_clock("09:00", "17:00")), _spec(_clock("09:00", "17:00", tz="Europe/London")),
        WIDER | NARROWER,
    ),
    "a zone with the same clocks in winter": (
        _spec(_clock("09:00", "17:00", tz="Africa/Algiers")), _spec(_clock("09:00", "17:00")),
        WIDER | NARROWER,
    ),
    "a test more": (
        _spec(_env("a")), _spec(_entry(context_env=["a"], context_ip={"cidr": ["::1"]})), NARROWER,
    ),
    "a condition on an allow": (_spec(ALWAYS), _spec(_env("a")), NARROWER),
    "no condition on an allow": (_spec(_env("a")), _spec(ALWAYS), WIDER),
    "a condition on a block": (
        _spec("./**", block=(ALWAYS,)), _spec("./**", block=(_env("a"),)), WIDER,
    ),
    "a narrower block": (
        _spec("./**", block=(_env("a", "b"),)), _spec("./**", block=(_env("a"),)), WIDER,
    ),
    "a wider block": (
        _spec("./**", block=(_env("a"),)), _spec("./**", block=(_env("a", "b"),)), NARROWER,
    ),
    "a window that cannot meet a stretch": (
        _spec(_entry(context_time=OFFICE)),
        _spec(
            _entry(context_time=OFFICE),
            _entry(context_time={"max": "1970-01-01T00:00:01Z"}),
        ),
        WIDER,
    ),
    "unchanged beside a change": (
        _spec(_env("a"), "./src/**"), _spec("./src/**", "./new", _env("a")), WIDER,
    ),
}  # fmt: skip


def _kinds(comparison: Comparison) -> set[str]:
    return {change.kind for group in comparison.groups for change in group.changes}


@pytest.mark.parametrize("name", CHANGES)
def test_what_a_changed_condition_changes(name: str) -> None:
    old, new, kinds = CHANGES[name]
    before, after = plan_of(old), plan_of(new)
    comparison = compare(before, after)
    assert _kinds(comparison) == kinds
    confirmed(comparison, before, after)
    assert all(not group.undecided for group in comparison.groups)


def test_what_cannot_be_decided_counts_as_a_widening() -> None:
    many = [_entry(**{f"context_a{place}": ["x"]}) for place in range(8)]
    old = _spec("./src", *many)
    new = _spec("./src", *({**one, "when": {"context.b": ["y"], **one["when"]}} for one in many))
    for before, after in ((old, new), (new, old)):
        comparison = compare(plan_of(before), plan_of(after))
        (group,) = comparison.groups
        assert group.undecided
        assert group.widens
        assert {one.why for one in group.undecided} == {
            "the conditions of both versions hold together in too many ways"
        }
    (same,) = compare(plan_of(old), plan_of(old)).groups
    assert (same.undecided, same.fate) == ((), "unchanged")


def test_what_no_example_shows_counts_as_a_widening() -> None:
    def version(least: int) -> Plan:
        entry = {"path": ALWAYS, "when": {"resource.size": {"min": least}}}
        return plan_of(spec({"filesystem": {"write": [entry], "metadata": {"max_file_size": 10}}}))

    (group,) = compare(version(30), version(20)).groups
    assert group.changes == ()
    assert {one.why for one in group.undecided} == {
        "no request was found that shows it under its conditions"
    }
    assert group.widens


def _fleet(roles: dict[str, list[str]], *entries: dict[str, Any]) -> Plan:
    sources = {
        "s.yaml": json.dumps({"agent": "s", "permissions": {"filesystem": {"write": entries}}}),
        "b.yaml": json.dumps({"bindings": {"roles": {"red": [], "blue": []}}}),
        "f.jsonl": "".join(
            json.dumps({"agent": agent, "spec": "s", "roles": held}) + "\n"
            for agent, held in roles.items()
        ),
    }
    read = read_specs({name: text.encode() for name, text in sources.items()})
    plan, problems = build_plan(read.documents)
    assert plan is not None, (read.diagnostics, problems)
    return plan


RED, BLUE = _entry(subject_roles=["red"]), _entry(subject_roles=["blue"])


def test_another_role_of_an_agent_is_a_change_of_its_own() -> None:
    before = _fleet({"a": ["red"], "b": ["blue"], "c": ["blue"]}, RED)
    after = _fleet({"a": ["red"], "b": ["red"], "c": ["blue"]}, RED)
    comparison = compare(before, after)
    found = {agent: _kinds_of(group) for group in comparison.groups for agent in group.agents}
    assert found == {"a": set(), "b": {"newly_allowed"}, "c": set(), "s": set()}
    confirmed(comparison, before, after)


def test_a_condition_on_roles_changes_for_those_that_have_them() -> None:
    roles = {"a": ["red"], "b": ["blue"], "c": ["blue", "red"]}
    before, after = _fleet(roles, RED), _fleet(roles, BLUE)
    comparison = compare(before, after)
    found = {agent: _kinds_of(group) for group in comparison.groups for agent in group.agents}
    assert found == {"a": {"newly_denied"}, "b": {"newly_allowed"}, "c": set(), "s": set()}
    confirmed(comparison, before, after)


def _kinds_of(group: Any) -> set[str]:
    return {change.kind for change in group.changes}


def test_guardrails_hold_for_each_agent_by_its_roles() -> None:
    plan = _fleet({"a": ["red"], "b": ["blue"]}, RED)
    never = Never("file:./fix/** write", parse_guardrail("file:./fix/** write"))
    broken = {v.agents: v.witness for v in prove_guardrails(plan, [never]) if v.outcome == "broken"}
    assert list(broken) == [("a",)]
    witness = broken["a",]
    assert witness is not None
    assert decide(plan, witness).allow


def test_nobody_goes_beyond_a_spec_with_conditions() -> None:
    bound = spec({"filesystem": {"write": [_env("a", "b")]}}, agent="bound")
    within = Within("bound", None)
    for entry, outcomes in ((_env("a"), {"holds"}), (_env("c"), {"holds", "broken"})):
        plan = plan_of(bound, spec({"filesystem": {"write": [entry]}}))
        verdicts = prove_guardrails(plan, [], within)
        assert {one.outcome for one in verdicts} == outcomes
        for one in verdicts:
            if one.witness is not None:
                assert one.witness.context == {"env": "c"}


@pytest.mark.parametrize("place", range(12))
def test_what_one_version_alone_grants_is_told(place: int) -> None:
    """Requests drawn at random find no difference that the comparison does not tell."""
    rng = random.Random(f"changed conditions {place}")
    whens = [_without_agent(random_when(rng)) for _ in range(3)]
    old, new = (_spec(*_drawn(rng, whens), block=tuple(_drawn(rng, whens))) for _ in range(2))
    before, after = plan_of(old), plan_of(new)
    comparison = compare(before, after)
    confirmed(comparison, before, after)
    told = _kinds(comparison)
    open_ones = any(group.undecided for group in comparison.groups)
    for _ in range(1500):
        asked = near_conditions(rng, Request("a", "write", "file", "./fix/a"), hostile=False)
        granted = [decide(plan, asked).allow for plan in (before, after)]
        if granted == [False, True]:
            assert "newly_allowed" in told or open_ones, asked
        elif granted == [True, False]:
            assert "newly_denied" in told or open_ones, asked


def _without_agent(when: dict[str, Any]) -> dict[str, Any]:
    kept = {
        name: test for name, test in when.items() if name not in {"subject.roles", "subject.id"}
    }
    return kept or {"context.environment": ["dev"]}


def _drawn(rng: random.Random, whens: list[dict[str, Any]]) -> list[Any]:
    return [{"path": ALWAYS, "when": rng.choice(whens)} for _ in range(rng.randint(0, 2))]
