"""A condition is fulfilled by somebody who understands it, or the grant is a denial."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from wilkc.core.contract import Condition, Decision
from wilkc.core.errors import RequestError
from wilkc.runtime import SecurityContext
from wilkc.runtime.guard.conditions import FULFILLABLE, unmet

RATE = {"key": "a/llm", "limit": 3, "window_seconds": 60}


def _met(kind: str, properties: dict[str, Any], *, counts: bool = True) -> bool:
    grant = Decision(True, "PERMISSION_GRANTED", "allowed", "",
                     conditions=(Condition("c", kind, properties),), revision="r")  # fmt: skip
    found = unmet(grant, FULFILLABLE, counts=counts)
    assert found is None or (found.detail, found.revision) == ("condition_not_fulfillable", "r")
    return found is None


@pytest.mark.parametrize(
    ("kind", "properties", "met"),
    [
        ("max_bytes", {"max_bytes": 5}, True),
        ("max_bytes", {"max_bytes": 5.0}, True),
        ("max_bytes", {"max_bytes": "5"}, False),
        ("max_bytes", {"max_bytes": True}, False),
        ("max_bytes", {"max_bytes": -1}, False),
        ("max_bytes", {}, False),
        ("max_bytes", {"max_bytes": 5, "more": 1}, False),
        ("timeout", {"seconds": 5}, True),
        ("max_tokens", {"max_tokens": 5}, True),
        ("retain", {"seconds": 5}, True),
        ("check_address", {}, True),
        ("check_address", {"how": 1}, False),
        ("content_filter", {}, True),
        ("detect_pii", {}, True),
        ("encrypt", {}, True),
        ("sandbox", {"spec": "a"}, False),
        ("unheard_of", {}, False),
        ("", {}, False),
        ("rate_limit", RATE, True),
    ],
)
def test_a_condition(kind: str, properties: dict[str, Any], met: bool) -> None:
    assert _met(kind, properties) is met


def test_a_rate_limit_needs_a_counter() -> None:
    assert not _met("rate_limit", RATE, counts=False)


def test_nobody_fulfils_what_was_not_promised() -> None:
    for kind in FULFILLABLE:
        grant = Decision(True, "PERMISSION_GRANTED", "allowed", "",
                         conditions=(Condition("c", kind),), revision="r")  # fmt: skip
        assert unmet(grant, frozenset(), counts=True) is not None


def test_a_security_context_becomes_members_of_the_request() -> None:
    when = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    origin = {"ip_address": "192.0.2.1", "session_id": "s", "region": "eu"}
    given = SecurityContext("worker", "deploy", origin, when, ("t1", "t2"))
    assert given.as_context() == {
        "scope": "deploy",
        "origin": origin,
        "ip_address": "192.0.2.1",
        "session_id": "s",
        "timestamp": "2026-01-02T03:04:05+00:00",
        "trace": ["t1", "t2"],
        "trace_id": "t1",
    }
    found = given.circumstances()
    assert (found.ip_address, found.session_id, found.trace_id) == ("192.0.2.1", "s", "t1")
    assert (found.request_id, found.user_agent) == (None, None)
    assert SecurityContext("worker").as_context() == {}


@pytest.mark.parametrize(
    "given",
    [
        SecurityContext(""),
        SecurityContext(5),  # type: ignore[arg-type]
        SecurityContext("a", scope=5),  # type: ignore[arg-type]
        SecurityContext("a", origin={"ip_address": 5}),  # type: ignore[dict-item]
        SecurityContext("a", trace=(5,)),  # type: ignore[arg-type]
        SecurityContext("a", timestamp=datetime(2026, 1, 1)),  # noqa: DTZ001  # the fault itself
        SecurityContext("a", timestamp=5),  # type: ignore[arg-type]
    ],
    ids=range(7),
)
def test_a_malformed_security_context_is_refused(given: SecurityContext) -> None:
    with pytest.raises(RequestError) as caught:
        given.as_context()
    assert caught.value.detail == "security_context_invalid"
