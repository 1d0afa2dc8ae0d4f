"""Agents with several specs: the first that grants decides under which limits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.analyze.difference.conftest import clauses, confirmed, plan_of, spec
from wilkc.analyze.difference import compare

if TYPE_CHECKING:
    from wilkc.analyze.difference import AgentGroup
    from wilkc.plan import Plan

Held = dict[str, Any]
BASH: Held = {"allowed_commands": ["ls"]}


def both(first: Held, second: Held, **more: Any) -> Plan:
    """An agent with two specs; keywords are further keys of the second."""
    held = plan_of(spec(first, "s0"), spec(second, "s1", **more))
    return replace(held, agents={"z": ("s0", "s1")})


def changed(before: Plan, after: Plan) -> AgentGroup:
    comparison = compare(before, after)
    confirmed(comparison, before, after)
    (group,) = comparison.groups
    return group


def files(*read: str, **more: Any) -> Held:
    return {"filesystem": {"read": [*read], "metadata": more}}


def models(*allowed: str, **more: Any) -> Held:
    return {"llm": {"allowed_models": [*allowed], **more}}


def hosts(*allowed: str, **more: Any) -> Held:
    return {"network": {"allowed_hosts": [*allowed], **more}}


def tools(*allowed: str, **more: Any) -> Held:
    return {"tools": {"allowed": [*allowed], **more}}


@pytest.mark.parametrize(
    ("first", "strict", "loose", "told"),
    [
        (
            files("./a"),
            files("./a", "./bb", max_file_size=5),
            files("./a", "./bb"),
            "file max_file_size 5 -> no limit",
        ),
        (
            models("a"),
            models("a", "bb", max_requests_per_hour=5),
            models("a", "bb"),
            "llm max_requests_per_hour 5 -> no limit",
        ),
        (
            models("m", max_tokens_per_request=10),
            models("m", content_filtering=True),
            models("m"),
            "llm content_filtering on -> off",
        ),
        (
            hosts("a.com"),
            hosts("a.com", "bb.com", max_requests_per_minute=5),
            hosts("a.com", "bb.com"),
            "network max_requests_per_minute 5 -> no limit",
        ),
        (tools("a"), tools("a", "bb", signed=["k"]), tools("a", "bb"), "tool signed k -> none"),
        (
            tools("a"),
            tools("a", "bb", arguments={"bb": {"required": ["x"]}}),
            tools("a", "bb"),
            "tool arguments arguments required x -> anything",
        ),
        (
            {"shell": BASH},
            {"shell": {"allowed_commands": ["ls", "make"], "max_execution_time": 5}},
            {"shell": {"allowed_commands": ["ls", "make"]}},
            "shell max_execution_time 5 -> no limit",
        ),
    ],
)
def test_what_the_second_spec_alone_decides_is_compared(
    first: Held, strict: Held, loose: Held, told: str
) -> None:
    before, after = both(first, strict), both(first, loose)
    found = {
        f"{one.type} {one.action} {one.detail}": one.kind for one in changed(before, after).changes
    }
    assert found == {told: "looser"}
    assert {one.kind for one in changed(after, before).changes} == {"tighter"}
    assert compare(before, before).changed == ()


@pytest.mark.parametrize(
    ("first", "strict", "loose"),
    [
        (files("./**"), files("./a", max_file_size=5), files("./a")),
        (models("*"), models("m", max_requests_per_hour=5), models("m")),
        (hosts("*"), hosts("a.com", max_requests_per_minute=5), hosts("a.com")),
        (tools("*"), tools("t", signed=["k"]), tools("t")),
        (
            {"shell": {"allowed_commands": ["ls *"]}},
            {"shell": {"allowed_commands": ["ls -l"], "max_execution_time": 5}},
            {"shell": {"allowed_commands": ["ls -l"]}},
        ),
    ],
)
def test_what_the_first_spec_grants_whatever_the_second_says_is_no_difference(
    first: Held, strict: Held, loose: Held
) -> None:
    assert compare(both(first, strict), both(first, loose)).changed == ()


def test_a_name_with_addresses_that_only_the_last_spec_takes_together() -> None:
    halves = hosts("a.com", "10.0.0.0/9"), hosts("a.com", "10.128.0.0/9")

    def plan(**more: Any) -> Plan:
        specs = (*halves, hosts("a.com", "10.0.0.0/8", **more))
        held = plan_of(*(spec(one, f"s{place}") for place, one in enumerate(specs)))
        return replace(held, agents={"z": ("s0", "s1", "s2")})

    assert clauses(changed(plan(max_requests_per_minute=5), plan())) == {
        ("looser", "network max_requests_per_minute", "5 -> no limit")
    }


def test_a_limit_is_shown_where_it_was_lifted() -> None:
    small, large = files("./**", max_file_size=10), files("./**", max_file_size=100)
    before, after = both(small, large), both(small, files("./**"))
    (change,) = changed(before, after).changes
    assert change.detail == "100 -> no limit"
    assert change.old is not None
    assert change.old.file == "f1.yaml"


def test_signatures_of_two_specs_are_not_taken_for_each_others() -> None:
    one = tools("t", signed=["a"])
    strict = tools("t", signed=["b"], arguments={"t": {"required": ["x"]}})
    group = changed(both(one, strict), both(one, tools("t", signed=["b"])))
    assert clauses(group) == {("looser", "tool arguments", "arguments required x -> anything")}


def test_a_command_that_moves_to_a_spec_with_a_weaker_sandbox() -> None:
    weak = {"sandbox": {"isolation": {"level": "minimal"}}}
    before = both({"shell": {"allowed_commands": ["ls", "make"]}}, {"shell": BASH}, **weak)
    after = both({"shell": {"allowed_commands": ["make"]}}, {"shell": BASH}, **weak)
    assert ("looser", "sandbox level", "strict -> minimal") in clauses(changed(before, after))


def test_commands_of_which_no_example_is_found_are_not_decided() -> None:
    # An inner command that is opaque: the pattern takes it, and nothing that is tried runs.
    never = {"shell": {"allowed_commands": ["env A=b *"], "max_execution_time": 5}}
    loose = {"shell": {"allowed_commands": ["env A=b *"]}}
    group = changed(both({}, never), both({}, loose))
    assert [(one.type, one.action) for one in group.undecided] == [("shell", "max_execution_time")]
    assert group.widens
