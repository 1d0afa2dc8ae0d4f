"""Guardrails, proved and broken, for every type of request."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.analyze.difference.conftest import plan_of, spec
from wilkc.analyze.prove import Never, Verdict, Within, prove_guardrails
from wilkc.language.guardrails import parse_guardrail
from wilkc.plan import decide


def never(text: str, *permissions: dict[str, Any]) -> tuple[Verdict, ...]:
    plan = plan_of(*(spec(held, f"s{place}") for place, held in enumerate(permissions)))
    verdicts = prove_guardrails(plan, [Never(text, parse_guardrail(text))])
    for verdict in verdicts:
        if verdict.witness is not None:
            assert decide(plan, verdict.witness).allow
    return verdicts


@pytest.mark.parametrize(
    ("text", "holds", "broken", "example"),
    [
        (
            "file:**/.ssh/** read",
            {"filesystem": {"read": ["~/**"], "metadata": {"blocked_paths": [".ssh"]}}},
            {"filesystem": {"read": ["~/**"]}},
            "~/.ssh",
        ),
        (
            "file:/etc/** read",
            {"filesystem": {"read": ["./**"], "write": ["/etc/a"]}},
            {"filesystem": {"read": ["/etc/hosts"]}},
            "/etc/hosts",
        ),
        (
            "shell:rm -rf * execute",
            {"shell": {"allowed_commands": ["rm *"], "blocked_commands": ["rm -r *"]}},
            {"shell": {"allowed_commands": ["rm *"]}},
            "rm -fr",
        ),
        (
            "network:*.example connect",
            {"network": {"allowed_hosts": ["example"]}},
            {"network": {"allowed_hosts": ["*"]}},
            "https://a.example",
        ),
        (
            "llm:*uncensored* request",
            {"llm": {"allowed_models": ["gpt-*"], "blocked_models": ["*uncensored*"]}},
            {"llm": {"allowed_models": ["*"]}},
            "uncensored",
        ),
        (
            "data:Secret export",
            {"data": {"data_classification": ["public"]}},
            {"data": {"data_classification": ["public", "secret"]}},
            "secret",
        ),
        (
            "tool:*write* call",
            {"tools": {"allowed": ["read"]}},
            {"tools": {"allowed": ["*"]}},
            "write",
        ),
        ("system:* admin", {"system": {"info": ["*"]}}, {"system": {"admin": True}}, "a"),
        ("agent:root use", {"agents": {"use": ["r?"]}}, {"agents": {"use": ["r*"]}}, "root"),
    ],
)
def test_a_guardrail_is_proved_or_broken_by_a_request(
    text: str, holds: dict[str, Any], broken: dict[str, Any], example: str
) -> None:
    first, second = never(text, holds, broken)
    assert (first.agents, first.outcome, first.witness) == (("s0",), "holds", None)
    assert (second.agents, second.outcome) == (("s1",), "broken")
    assert second.witness is not None
    assert second.witness.id == example
    assert second.rule is not None


def test_another_name_of_a_file_breaks_no_guardrail() -> None:
    (verdict,) = never("file:/etc/** read", {"filesystem": {"read": ["./a"]}})
    assert verdict.outcome == "holds"


def test_agents_with_the_same_specs_share_a_verdict() -> None:
    held = {"filesystem": {"read": ["./**"]}}
    plan = plan_of({"agents": ["x", "y"], "permissions": held})
    (verdict,) = prove_guardrails(plan, [Never("n", parse_guardrail("file:.env read"))])
    assert (verdict.agents, verdict.outcome) == (("x", "y"), "broken")


def test_what_is_beyond_a_spec_breaks_the_bound() -> None:
    bound = spec({"filesystem": {"read": ["./src/**"], "metadata": {"max_file_size": 10}}}, "top")
    small = {"max_file_size": 9}
    within = spec({"filesystem": {"read": ["./src/*.ts"], "metadata": small}}, "in")
    beyond = spec({"filesystem": {"read": ["./src/a", "./b"], "metadata": small}}, "out")
    larger = spec({"filesystem": {"read": ["./src/a"]}}, "more")
    plan = plan_of(bound, within, beyond, larger)
    verdicts = prove_guardrails(plan, (), Within("top"))
    assert {one.agents: (one.outcome, one.guardrail) for one in verdicts} == {
        ("in", "top"): ("holds", "within top"),
        ("out",): ("broken", "within top"),
        ("more",): ("broken", "within top"),
    }
    shown = {one.agents: one.witness for one in verdicts if one.witness}
    assert shown[("out",)].id == "./b"
    assert shown[("more",)].properties == {"size": 11}


def test_a_spent_budget_is_no_proof() -> None:
    marks = "?" * 14
    blocked = [f"./*a{marks}", f"./*[!a]{marks}"]
    read = {"read": [f"./*{marks}?"], "metadata": {"blocked_paths": blocked}}
    plan = plan_of(spec({"filesystem": read}))
    text = f"file:./*{marks}? read"
    (verdict,) = prove_guardrails(plan, [Never(text, parse_guardrail(text))], budget=100)
    assert verdict.outcome == "inconclusive"
    assert verdict.rule is not None


@pytest.mark.parametrize(
    ("text", "nothing"),
    [
        ("tool:t call", {"tools": {"allowed": ["t"], "signed": []}}),
        ("llm:m request", {"llm": {"allowed_models": ["m"], "max_requests_per_hour": 0}}),
    ],
)
def test_what_nobody_can_be_granted_breaks_no_guardrail(text: str, nothing: dict[str, Any]) -> None:
    free = {"tools": {"allowed": ["t"]}, "llm": {"allowed_models": ["m"]}}
    first, second = never(text, nothing, free)
    assert (first.agents, first.outcome) == (("s0",), "holds")
    assert (second.agents, second.outcome) == (("s1",), "broken")


LLM = {"allowed_models": ["m"]}
SHELL = {"allowed_commands": ["ls"]}
HOSTS = {"allowed_hosts": ["a.com"]}
LABELS = {"data_classification": ["p"]}


@pytest.mark.parametrize(
    ("bound", "agent", "what"),
    [
        ({"llm": {**LLM, "max_requests_per_hour": 10}}, {"llm": LLM}, "max_requests_per_hour"),
        ({"llm": {**LLM, "content_filtering": True}}, {"llm": LLM}, "content_filtering"),
        ({"network": {**HOSTS, "timeout_seconds": 5}}, {"network": HOSTS}, "timeout_seconds"),
        ({"data": {**LABELS, "retention_policy": "1d"}}, {"data": LABELS}, "retention_policy"),
        (
            {"shell": SHELL},
            {"shell": {**SHELL, "environment_variables": {"allow": ["*"]}}},
            "environment_variables",
        ),
    ],
)
def test_what_is_limited_less_than_a_spec_breaks_the_bound(
    bound: dict[str, Any], agent: dict[str, Any], what: str
) -> None:
    plan = plan_of(spec(bound, "top"), spec(bound, "in"), spec(agent, "out"))
    holding, broken = prove_guardrails(plan, (), Within("top"))
    assert (holding.agents, holding.outcome) == (("in", "top"), "holds")
    assert (broken.agents, broken.outcome, broken.witness) == (("out",), "broken", None)
    assert what in broken.why
    assert broken.rule is not None
    back = plan_of(spec(agent, "top"), spec(bound, "in"))
    assert {one.outcome for one in prove_guardrails(back, (), Within("top"))} == {"holds"}


def test_a_weaker_sandbox_breaks_the_bound() -> None:
    minimal = {"isolation": {"level": "minimal"}}
    plan = plan_of(spec({"shell": SHELL}, "top"), spec({"shell": SHELL}, "out", sandbox=minimal))
    broken = next(
        one for one in prove_guardrails(plan, (), Within("top")) if one.agents == ("out",)
    )
    assert (broken.outcome, broken.witness) == ("broken", None)
    assert "level" in broken.why
