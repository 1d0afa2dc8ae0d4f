"""Every category through the real OPA: each grant beside its refusal, in both ways of waiting."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.runtime import Guard, PermissionDenied, SecurityContext

if TYPE_CHECKING:
    from tests.integration.guard.conftest import Notes, Served
    from wilkc.core.contract import Decision

SIZE = {"size": 10}
ADDRESS = {"resolved": ["192.0.2.9"]}
TAGGED = {"classification": "public", "pii": False}
OUT = {**TAGGED, "encrypted": True}
LLM = {"max_tokens": 100}


def both(guard: Guard, resource: str, action: str | None, **given: Any) -> Decision:
    """The decision, which is the same however one waits for it."""
    found = guard.check(resource, action, **given)
    waited = asyncio.run(guard.check_async(resource, action, **given))
    if found.reason != "RATE_LIMIT_EXCEEDED":
        assert waited.detail in {found.detail, "rate_exceeded"}
    return found


@pytest.mark.parametrize(
    ("resource", "action", "given", "detail"),
    [
        ("file:./src/app.ts", "read", {}, "allowed"),
        ("file:src//./app.ts", "read", {}, "allowed"),
        ("file:reports/../src/app.ts", "read", {}, "allowed"),
        ("file:./src/secrets/token", "read", {}, "blocked"),
        ("file:./src/../bin/run.sh", "read", {}, "no_rule_matches"),
        ("file:/etc/passwd", "read", {}, "no_rule_matches"),
        ("file:./reports/new.md", "write", {"properties": SIZE}, "allowed"),
        ("file:./reports/new.md", "write", {"fulfils": {"max_bytes"}}, "allowed"),
        ("file:./reports/new.md", "write", {}, "condition_not_fulfillable"),
        ("file:./reports/new.sh", "write", {"properties": SIZE}, "extension_not_allowed"),
        ("file:./reports/new.md", "write", {"properties": {"size": 1025}}, "too_large"),
        ("file:./src/app.ts", "write", {"properties": SIZE}, "no_rule_matches"),
        ("file:./reports/old.md", "delete", {}, "allowed"),
        ("file:./src/app.ts", "delete", {}, "no_rule_matches"),
        ("file:./bin/run.sh", "execute", {}, "allowed"),
        ("file:./src/app.ts", "execute", {}, "no_rule_matches"),
        ("file:./src", "watch", {}, "allowed"),
        ("file:./bin", "watch", {}, "no_rule_matches"),
        ("network:https://api.example.com/v1", "connect", {"properties": ADDRESS}, "allowed"),
        ("network:https://API.Example.COM./", "connect", {"properties": ADDRESS}, "allowed"),
        ("network:https://api.example.com", "connect", {"fulfils": ["check_address"]}, "allowed"),
        ("network:https://api.example.com", "connect", {}, "condition_not_fulfillable"),
        ("network:https://evil.example.com", "connect", {"properties": ADDRESS}, "no_rule_matches"),
        ("network:http://api.example.com", None, {"properties": ADDRESS}, "protocol_not_allowed"),
        (
            "network:https://api.example.com",
            "connect",
            {"properties": {"resolved": ["127.0.0.1"]}},
            "private_address",
        ),
        ("llm:gpt-4", "request", {"properties": LLM}, "allowed"),
        ("llm:gpt-4", "request", {"fulfils": {"max_tokens"}}, "allowed"),
        ("llm:gpt-4", "request", {}, "condition_not_fulfillable"),
        ("llm:gpt-4", "request", {"properties": {"max_tokens": 101}}, "too_many_tokens"),
        ("llm:other", None, {"properties": LLM}, "no_rule_matches"),
        ("data:customers", "process", {"properties": TAGGED}, "allowed"),
        ("data:customers", "process", {"properties": {"classification": "public"}},
         "condition_not_fulfillable"),
        ("data:customers", "process", {}, "unlabelled_data"),
        ("data:customers", "store", {"properties": OUT}, "allowed"),
        ("data:customers", "store", {"properties": TAGGED}, "encryption_required"),
        ("system:app.name", "config.read", {}, "allowed"),
        ("system:other.name", "config.read", {}, "no_rule_matches"),
        ("tool:search", "call", {"properties": {"arguments": {"query": "x"}}}, "allowed"),
        ("tool:search", None, {"properties": {"arguments": {"query": "x" * 11}}},
         "arguments_not_allowed"),
        ("tool:mcp__github__list", "call", {}, "allowed"),
        ("tool:mcp__github__delete_repo", "call", {}, "blocked"),
        ("agent:helper", "use", {}, "allowed"),
        ("agent:other", "use", {}, "no_rule_matches"),
        ("shell:git status", "execute", {}, "condition_not_fulfillable"),
        ("shell:git push", "execute", {}, "no_rule_matches"),
        ("shell:ls; rm -rf /", "execute", {}, "blocked"),
        ("shell:ls $(id)", "execute", {}, None),
        ("shell:ls", "execute", {"cwd": "bin"}, "directory_not_allowed"),
        ("shell:timeout 5 ./bin/run.sh", "execute", {}, None),
        ("nothing", "read", {}, "malformed_request"),
        ("unknown:x", "read", {}, "unknown_type"),
        ("file:./src/app.ts", None, {}, "malformed_request"),
        ("file:./src/app.ts", "read", {"agent": "stranger"}, "principal_unclear"),
    ],
)  # fmt: skip
def test_a_category(
    guard: Guard, resource: str, action: str | None, given: dict[str, Any], detail: str | None
) -> None:
    found = both(guard, resource, action, **given)
    assert found.allow is (detail == "allowed")
    if detail is not None:
        assert found.detail == detail
    if found.allow:
        assert found.revision


def test_a_grant_that_nobody_can_fulfil_is_on_record_as_a_denial(
    guard: Guard, notes: Notes
) -> None:
    assert not guard.check("shell:git status").allow
    assert notes.events == [("intent", "condition_not_fulfillable")]


def test_require_gives_the_grant_or_raises(guard: Guard) -> None:
    assert guard.require("file:./src/app.ts", "read").allow
    with pytest.raises(PermissionDenied) as caught:
        guard.require("file:./src/secrets/token", "read")
    assert caught.value.decision.detail == "blocked"
    assert caught.value.__suppress_context__ or caught.value.__context__ is None

    async def wait() -> None:
        assert (await guard.require_async("file:./src/app.ts", "read")).allow
        with pytest.raises(PermissionDenied):
            await guard.require_async("file:/etc/passwd", "read")

    asyncio.run(wait())


def test_rates_are_counted_and_end(guard: Guard) -> None:
    found = [guard.check("llm:gpt-4", properties=LLM) for _ in range(3)]
    assert [one.allow for one in found] == [True, True, False]
    assert (found[2].reason, found[2].detail) == ("RATE_LIMIT_EXCEEDED", "rate_exceeded")


def test_a_rate_limit_without_a_counter_denies(
    served: Served, notes: Notes, workspace: Any
) -> None:
    bare = Guard(served.socket, notes, agent="worker", workspace=workspace, seconds=20)
    assert bare.check("llm:gpt-4", properties=LLM).detail == "condition_not_fulfillable"
    assert bare.check("tool:mcp__github__list").allow
    bare.close()


def test_an_agent_that_every_call_names(served: Served, notes: Notes, workspace: Any) -> None:
    several = Guard(served.socket, notes, workspace=workspace, seconds=20)
    assert several.check("agent:helper", "use", agent="worker").allow
    assert several.check("agent:helper", "use", security=SecurityContext("worker")).allow
    assert several.check("agent:helper", "use", agent="stranger").reason == "NO_PERMISSIONS"
    assert several.check("agent:helper", "use").detail == "principal_unclear"
    two = several.check("agent:helper", "use", agent="worker", security=SecurityContext("other"))
    assert two.detail == "principal_unclear"
    several.close()
