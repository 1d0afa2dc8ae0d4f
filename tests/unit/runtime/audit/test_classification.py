"""Types, resources, risk, classes and tags of what is recorded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from wilkc.core.audit_settings import CategoryLevels
from wilkc.core.contract import Decision, Request, denial
from wilkc.runtime.audit import (
    AuditSettings,
)
from wilkc.runtime.audit.actions import action_type, record_class, resource_text
from wilkc.runtime.audit.risk import graded_level, level_of, seed_level
from wilkc.runtime.audit.tags import tags_for

SMALL = AuditSettings(reserve_bytes=0, min_free_bytes=0, wait_ms=10_000)
CANARY = "c4n4ry-value"
SEED = 5


def _last(log: Any) -> dict[str, Any]:
    record: dict[str, Any] = log.records()[-1]
    return record


@pytest.mark.parametrize(
    ("kind", "action", "wanted"),
    [
        ("file", "read", "file.read"),
        ("file", "execute", "file.execute"),
        ("file", "watch", None),
        ("shell", "execute", "shell.execute"),
        ("network", "connect", "network.request"),
        ("llm", "request", "llm.request"),
        ("system", "registry.publish", "registry.publish"),
        ("system", "config.read", "config.access"),
        ("system", "signal", None),
        ("agent", "create", "agent.create"),
        ("agent", "share", None),
        ("tool", "call", None),
        ("data", "store", None),
    ],
)
def test_action_types(kind: str, action: str, wanted: str | None) -> None:
    request = Request("a", action, kind, "x")
    named = None if wanted else f"{kind}.{action}"
    assert action_type(request, enforced=True) == (wanted or "permission.check", named)
    assert action_type(request, enforced=False) == ("permission.check", f"{kind}.{action}")


@pytest.mark.parametrize(
    ("request_given", "text"),
    [
        (Request("a", "read", "file", "./x y"), "file:./x y"),
        (Request("a", "x", "shell", "rm -rf /"), "shell:rm"),
        (Request("a", "x", "shell", "", {"commands": [["git", "x"], ["rm"]]}), "shell:git"),
        (Request("a", "x", "shell", "TOKEN='a b' x"), "shell:?"),
        (Request("a", "x", "shell", "", {"argv": [5]}), "shell:?"),
        (Request("a", "x", "shell", ""), "shell:?"),
        (Request("a", "x", "network", "https://h/p@q"), "network:https://q"),
        (Request("a", "x", "network", "h:443"), "network:h:443"),
        (Request("a", "x", "network", "u:p@h:443?a=b"), "network:h:443"),
        (Request("a", "x", "llm", "gpt-4"), "llm:gpt-4"),
    ],
)
def test_resources(request_given: Request, text: str) -> None:
    assert resource_text(request_given) == text


def _denied(reason: Any, detail: str) -> Decision:
    return denial(reason, detail, "m")


CHECK = "permission.check"
UNMATCHED = _denied("PERMISSION_DENIED", "no_rule_matches")
BLOCKED = _denied("PERMISSION_DENIED", "blocked")
UNKNOWN = _denied("NO_PERMISSIONS", "unknown_agent")
INVALID = _denied("VALIDATION_ERROR", "x")
OFTEN = _denied("RATE_LIMIT_EXCEEDED", "rate_exceeded")


@pytest.mark.parametrize(
    ("kind", "status", "decision", "error", "graded", "seed"),
    [
        ("file.read", "success", None, None, "low", "low"),
        ("file.delete", "success", None, None, "medium", "medium"),
        ("config.modify", "success", None, None, "medium", "medium"),
        ("auth.failure", "failure", None, None, "high", "high"),
        (CHECK, "failure", UNMATCHED, None, "medium", "critical"),
        (CHECK, "failure", BLOCKED, None, "high", "critical"),
        (CHECK, "failure", UNKNOWN, None, "high", "critical"),
        (CHECK, "failure", INVALID, None, "high", "critical"),
        (CHECK, "failure", OFTEN, None, "medium", "critical"),
        ("shell.complete", "warning", None, "outcome_unknown", "high", "low"),
        ("shell.complete", "warning", None, None, "medium", "low"),
        ("system.lost", "failure", None, None, "critical", "low"),
    ],
)  # fmt: skip
def test_risk(
    kind: str, status: Any, decision: Decision | None, error: str | None, graded: str, seed: str
) -> None:
    assert graded_level(kind, status, decision, error) == graded
    assert seed_level(kind, status) == seed


@pytest.mark.parametrize(
    ("level", "decision", "wanted"),
    [
        ("high", UNMATCHED, "high"),
        ("critical", UNMATCHED, "critical"),
        ("critical", BLOCKED, "critical"),
        ("high", UNKNOWN, "high"),
        (None, UNMATCHED, "medium"),
    ],
)
def test_the_level_of_a_category_lifts_its_denials(
    log: Any, level: Any, decision: Decision, wanted: str
) -> None:
    settings = replace(SMALL, levels=CategoryLevels(file=level))
    with log.open(settings) as logger:
        logger.intent(Request("a", "read", "file", "./x"), decision)
        assert _last(log)["security"]["risk_level"] == wanted
        logger.intent(Request("a", "execute", "shell", "ls"), UNMATCHED)
        assert _last(log)["security"]["risk_level"] == "medium"
        logger.intent(Request("a", "watch", "agent", "x"), UNMATCHED)
        assert _last(log)["security"]["risk_level"] == "medium"


def test_the_level_of_a_category_lifts_nothing_else(log: Any, allow: Any) -> None:
    levels = CategoryLevels(file="critical")
    request = Request("a", "read", "file", "./x")
    with log.open(replace(SMALL, levels=levels)) as logger:
        logger.intent(request, allow).outcome("success")
    with log.open(replace(SMALL, levels=levels, risk_profile="seed")) as logger:
        logger.intent(Request("a", "delete", "file", "./x"), allow).outcome("success")
    seen = [
        (one["action"]["type"], one["security"]["risk_level"])
        for one in log.records()
        if one["phase"] in {"intent", "outcome"}
    ]
    assert seen == [("file.read", "low")] * 2 + [("file.delete", "medium")] * 2


def test_a_lift_is_kept_where_levels_are_computed_anew(log: Any) -> None:
    with log.open(replace(SMALL, levels=CategoryLevels(file="high"))) as logger:
        logger.intent(Request("a", "read", "file", "./x"), UNMATCHED)
    assert level_of(_last(log), "graded") == "high"
    assert level_of(_last(log), "seed") == "critical"


def test_a_seed_profile_is_written_as_asked(log: Any, request_: Any, deny: Any) -> None:
    with log.open(replace(SMALL, risk_profile="seed")) as logger:
        logger.intent(request_, deny)
    assert _last(log)["security"]["risk_level"] == "critical"


@pytest.mark.parametrize(
    ("kind", "phase", "status", "risk", "allow", "wanted"),
    [
        ("file.read", "intent", "success", "low", True, "access"),
        ("file.read", "intent", "failure", "medium", False, "security"),
        ("file.read", "outcome", "success", "low", True, "operation"),
        ("file.read", "outcome", "failure", "low", True, "access"),
        ("file.write", "outcome", "success", "low", True, "access"),
        ("network.response", "outcome", "success", "low", True, "operation"),
        ("network.response", "outcome", "success", "high", True, "security"),
        ("agent.create", "outcome", "success", "low", True, "security"),
        ("system.usage", "system", "success", "low", True, "operation"),
        ("system.header", "system", "success", "low", True, "security"),
    ],
)
def test_classes(kind: str, phase: Any, status: Any, risk: Any, allow: bool, wanted: str) -> None:
    assert record_class(kind, phase, status, risk, allow=allow) == wanted


def test_tags() -> None:
    assert tags_for("file.read", "intent") == ("soc2",)
    assert tags_for("file.read", "outcome") == ()
    assert tags_for("file.read", "outcome", classification="PHI") == ("hipaa",)
    assert tags_for("auth.login", "system", subject=True, added=["x"]) == ("gdpr", "soc2", "x")
    assert tags_for("file.read", "outcome", classification=["phi"]) == ()
