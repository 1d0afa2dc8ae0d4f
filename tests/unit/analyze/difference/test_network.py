"""Connections, labelled data and the sandbox."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.analyze.difference.conftest import clauses, confirmed, plan_of, spec
from wilkc.analyze.difference import compare

if TYPE_CHECKING:
    from collections.abc import Callable

    from wilkc.analyze.difference import AgentGroup

    Compared = Callable[..., AgentGroup]


def hosts(*allowed: Any, blocked: tuple[Any, ...] = (), **more: Any) -> dict[str, Any]:
    return {"network": {"allowed_hosts": [*allowed], "blocked_hosts": [*blocked], **more}}


@pytest.mark.parametrize(
    ("old", "new", "example", "risk"),
    [
        (hosts("a.example"), hosts("a.example", "b.example"), "https://b.example", "medium"),
        (hosts("a.example"), hosts("a.example", "*.example"), "https://b.example", "medium"),
        (hosts("a.example"), hosts("a.example", "*"), "https://a", "high"),
        (hosts(), hosts("10.0.0.0/8"), "https://10.0.0.0", "high"),
        (hosts(), hosts("localhost"), "https://localhost", "high"),
        (hosts("a"), hosts("a", allowed_ports=["443-444"]), "https://a:444", "medium"),
        (hosts("a"), hosts("a", protocols=["https", "wss"]), "wss://a", "medium"),
        (hosts("*.a", blocked=("x.a",)), hosts("*.a"), "https://x.a", "medium"),
        (
            hosts("a", allowed_ports=[443, 80], blocked_ports=[80]),
            hosts("a", allowed_ports=[443, 80]),
            "https://a:80",
            "medium",
        ),
        (
            hosts("a", blocked=({"host": "a", "ports": [443]},)),
            hosts("a"),
            "https://a",
            "medium",
        ),
    ],
)
def test_what_is_newly_reached(
    compared: Compared, old: dict[str, Any], new: dict[str, Any], example: str, risk: str
) -> None:
    group = compared(old, new)
    assert clauses(group) == {("newly_allowed", "network connect", example)}
    assert group.risk == risk
    assert clauses(compared(new, old)) == {("newly_denied", "network connect", example)}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (hosts("*.a"), hosts("*.a", "b.a", "*.b.a")),
        (hosts("*", "10.0.0.0/8"), hosts("10.0.0.0/9", "10.128.0.0/9", "*")),
        (hosts("a"), hosts("a", blocked=("b",))),
        (hosts("a"), hosts("a", "169.254.169.254")),
        (hosts("a"), hosts("a", allowed_ports=[443], blocked_ports=[80])),
        (hosts("a", protocols=["https"]), hosts({"host": "a", "ports": [443]})),
    ],
)
def test_other_words_for_the_same(
    compared: Compared, old: dict[str, Any], new: dict[str, Any]
) -> None:
    assert clauses(compared(old, new)) == set()


def test_a_blocked_address_counts_behind_every_name(compared: Compared) -> None:
    (change,) = compared(hosts("a", blocked=("8.8.8.0/24",)), hosts("a")).changes
    assert change.witness is not None
    assert change.kind == "newly_allowed"
    assert change.witness.properties["resolved"] == ["8.8.8.0"]
    # A private address needs an allow of its own, so its block changes nothing.
    assert clauses(compared(hosts("a", blocked=("10.0.0.0/8",)), hosts("a"))) == set()


def test_private_addresses_of_several_specs_are_granted_together_by_one_alone() -> None:
    first, second = spec(hosts("a", "10.0.0.1"), "s0"), spec(hosts("a", "10.0.0.2"), "s1")
    wider = spec(hosts("a", "10.0.0.1", "10.0.0.2"), "s0")
    old, new = (
        replace(plan_of(one, second), agents={"many": ("s0", "s1")}) for one in (first, wider)
    )
    comparison = compare(old, new)
    confirmed(comparison, old, new)
    (change,) = comparison.groups[0].changes
    assert change.witness is not None
    assert change.witness.properties["resolved"] == ["10.0.0.1", "10.0.0.2"]


def test_limits_of_connections(compared: Compared) -> None:
    old = hosts("a", max_requests_per_minute=60, timeout_seconds=30)
    new = hosts("a", max_requests_per_minute=10)
    assert clauses(compared(old, new)) == {
        ("tighter", "network max_requests_per_minute", "60 -> 10"),
        ("looser", "network timeout_seconds", "30 -> no limit"),
    }
    other = hosts("b", max_requests_per_minute=10)
    assert {kind for kind, *_ in clauses(compared(old, other))} == {"newly_allowed", "newly_denied"}


def labels(*held: str, **more: Any) -> dict[str, Any]:
    return {"data": {"data_classification": [*held], **more}}


def test_labels_and_their_flags(compared: Compared) -> None:
    group = compared(labels("public"), labels("public", "secret"))
    assert {(one.kind, one.action, one.risk) for one in group.changes} == {
        ("newly_allowed", "process", "low"),
        ("newly_allowed", "store", "low"),
        ("newly_allowed", "export", "medium"),
    }
    old, new = labels("public", encryption_required=True), labels("public")
    assert {(one.kind, one.action, one.detail) for one in compared(old, new).changes} == {
        ("looser", "encryption_required", "on -> off")
    }
    assert {(one.kind, one.action, one.detail) for one in compared(new, old).changes} == {
        ("tighter", "encryption_required", "off -> on")
    }
    kept = labels("public", retention_policy="30d"), labels("public", retention_policy="1d")
    assert {(one.kind, one.action) for one in compared(*kept).changes} == {
        ("tighter", "retention_policy")
    }
    assert compared(labels("a", "b"), labels("b", "a", "a")).changes == ()


def boxed(**sandbox: Any) -> dict[str, Any]:
    return spec({"shell": {"allowed_commands": ["ls"]}}, sandbox=sandbox)


@pytest.mark.parametrize(
    ("old", "new", "name", "risk"),
    [
        ({}, {"isolation": {"level": "moderate"}}, "level", "medium"),
        ({"isolation": {"type": "container"}}, {}, "isolation", "high"),
        (
            {"isolation": {"level": "minimal"}},
            {"isolation": {"level": "minimal", "process": "shared"}},
            "process",
            "high",
        ),
        (
            {"isolation": {"level": "moderate"}},
            {"isolation": {"level": "moderate"}, "unix_sockets": True},
            "unix_sockets",
            "medium",
        ),
        ({}, {"runtime_paths": ["/opt/tool/**"]}, "runtime_paths", "medium"),
        ({"protected": ["Makefile"]}, {}, "protected", "medium"),
    ],
)
def test_a_weaker_sandbox(old: dict[str, Any], new: dict[str, Any], name: str, risk: str) -> None:
    before, after = plan_of(boxed(**old)), plan_of(boxed(**new))
    wider = compare(before, after).groups[0].changes
    assert [(one.kind, one.type, one.action, one.risk) for one in wider] == [
        ("looser", "sandbox", name, risk)
    ]
    tighter = compare(after, before).groups[0].changes
    assert [(one.kind, one.action, one.risk) for one in tighter] == [("tighter", name, "none")]


def test_the_sandbox_of_nobody_who_runs_commands_is_not_compared(compared: Compared) -> None:
    group = compared({"filesystem": {"read": ["./a"]}}, {"filesystem": {"read": ["./a", "./b"]}})
    assert clauses(group) == {("newly_allowed", "file read", "./b")}


def test_a_rate_of_nothing_allows_no_connection(compared: Compared) -> None:
    none = {"network": {"allowed_hosts": ["a.com"], "max_requests_per_minute": 0}}
    free = {"network": {"allowed_hosts": ["a.com"]}}
    assert clauses(compared(none, free)) == {("newly_allowed", "network connect", "https://a.com")}
    assert clauses(compared(free, none)) == {("newly_denied", "network connect", "https://a.com")}
    more = {"network": {"allowed_hosts": ["*"], "max_requests_per_minute": 0}}
    assert clauses(compared(none, more)) == set()
