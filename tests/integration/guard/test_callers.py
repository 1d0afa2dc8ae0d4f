"""Tools, the permission model's own calls, and commands in their sandbox."""

from __future__ import annotations

import asyncio
import inspect
import os
import pickle
import shutil
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.guard.conftest import PATIENT, Notes, Served
from wilkc.core.contract import Condition
from wilkc.core.errors import UsageError
from wilkc.runtime import (
    Guard,
    PermissionDenied,
    SecurityContext,
    validate_operation,
    validate_permission,
)
from wilkc.runtime.limits import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from wilkc.core.contract import Decision, Request

NOBODY = 65534


def test_a_tool_is_called_only_if_permitted(guard: Guard, notes: Notes) -> None:
    called: list[str] = []

    @guard.tool()
    def search(query: str, limit: int = 5, **options: str) -> list[str]:
        """Search for something."""
        called.append(query)
        return [query] * limit + list(options)

    assert search("cats", limit=1, more="yes") == ["cats", "more"]
    assert notes.events == [("intent", "allowed"), ("success", None)]
    asked = notes.given[0]["request"]
    assert (asked.id, asked.properties["arguments"]) == (
        "search",
        {"query": "cats", "limit": 1, "more": "yes"},
    )
    with pytest.raises(PermissionDenied) as caught:
        search("x" * 11)
    assert caught.value.decision.detail == "arguments_not_allowed"
    assert called == ["cats"]
    assert inspect.signature(search).parameters.keys() == {"query", "limit", "options"}
    assert search.__doc__ == "Search for something."


def test_a_tool_of_an_event_loop(guard: Guard, notes: Notes) -> None:
    @guard.tool("mcp__github__list")
    async def list_things(*names: str) -> int:
        await asyncio.sleep(0)
        return len(names)

    @guard.tool("mcp__github__delete_repo")
    async def delete() -> None:
        pytest.fail("it ran")

    assert inspect.iscoroutinefunction(list_things)
    assert asyncio.run(list_things("a", "b")) == 2
    assert notes.given[0]["request"].properties == {"arguments": {"names": ["a", "b"]}}
    with pytest.raises(PermissionDenied):
        asyncio.run(delete())
    assert notes.events[1:] == [("success", None), ("intent", "blocked")]


def test_a_tool_that_fails_is_recorded_as_a_failure(guard: Guard, notes: Notes) -> None:
    @guard.tool("mcp__github__list")
    def broken() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        broken()
    assert notes.events == [("intent", "allowed"), ("failure", "lookuperror")]


def test_a_tool_with_arguments_that_nobody_can_judge(guard: Guard) -> None:
    @guard.tool("mcp__github__list")
    def take(thing: object) -> None:
        pytest.fail(f"it ran with {thing}")

    with pytest.raises(PermissionDenied) as caught:
        take(object())
    assert caught.value.decision.detail == "malformed_request"


def test_a_keyword_hides_no_argument_of_the_same_name(guard: Guard, notes: Notes) -> None:
    called: list[object] = []

    @guard.tool("mcp__github__list")
    def listed(*paths: str, **options: object) -> None:
        called.append((paths, options))

    @guard.tool("mcp__github__list")
    async def one(path: str = "./ok", /, **more: object) -> None:
        called.append((path, more))

    listed("./a", more=["./b"])
    asyncio.run(one("./a", more="./b"))
    assert called == [(("./a",), {"more": ["./b"]}), ("./a", {"more": "./b"})]
    called.clear()
    calls: list[Callable[[], object]] = [
        lambda: listed("/etc/shadow", paths=["./ok"]),
        lambda: listed(paths=["./ok"]),
        lambda: asyncio.run(one("/etc/shadow", path="./ok")),
    ]
    for call in calls:
        with pytest.raises(PermissionDenied) as caught:
            call()
        assert caught.value.decision.detail == "arguments_unclear"
        assert notes.events[-1] == ("intent", "arguments_unclear")
    assert called == []


def test_a_tool_works_on_what_was_judged(guard: Guard, notes: Notes) -> None:
    names = ["a"]

    @guard.tool("mcp__github__list")
    async def list_things(given: list[str]) -> list[str]:
        return given

    async def work() -> list[str]:
        call = asyncio.ensure_future(list_things(names))
        await asyncio.sleep(0)
        names.append("/etc/shadow")
        return await call

    assert asyncio.run(work()) == ["a"]
    assert notes.given[0]["request"].properties == {"arguments": {"given": ["a"]}}


def test_a_tool_whose_arguments_cannot_be_copied(guard: Guard, notes: Notes) -> None:
    @guard.tool("mcp__github__list")
    def take(thing: object) -> None:
        pytest.fail(f"it ran with {thing}")

    with pytest.raises(PermissionDenied) as caught:
        take(threading.Lock())
    assert caught.value.decision.detail == "arguments_unclear"
    assert notes.events == [("intent", "arguments_unclear")]


def test_a_tool_that_yields_is_refused(guard: Guard) -> None:
    def one() -> Iterator[int]:
        yield 1

    async def two() -> Any:
        yield 1

    for function in (one, two):
        with pytest.raises(UsageError, match="yields"):
            guard.tool()(function)


def test_the_permission_models_own_calls(guard: Guard) -> None:
    context = SecurityContext("worker")
    granted = validate_permission(guard, "worker", "file:./src/app.ts", "read", context)
    assert (granted.allowed, granted.reason, granted.error) == (True, "PERMISSION_GRANTED", "")
    denied = validate_permission(guard, "worker", "file:./src/secrets/token", "read")
    assert (denied.allowed, denied.reason) == (False, "PERMISSION_DENIED")
    odd = validate_permission(guard, "worker", "agent", "use", SecurityContext("worker"))
    assert (odd.allowed, odd.reason) == (False, "VALIDATION_ERROR")
    assert odd.error
    other = validate_permission(guard, "other", "file:./src/app.ts", "read", context)
    assert (other.allowed, other.reason) == (False, "VALIDATION_ERROR")
    rated = [
        validate_permission(guard, "worker", "network:https://192.0.2.7", "connect").reason
        for _ in range(4)
    ]
    assert rated == ["PERMISSION_GRANTED"] * 3 + ["RATE_LIMIT_EXCEEDED"]


def test_operations(guard: Guard) -> None:
    context = SecurityContext("worker")
    assert validate_operation(guard, context, "mcp__github__list")
    assert not validate_operation(guard, context, "mcp__github__delete_repo")
    assert validate_operation(guard, context, "file:./src/app.ts read")
    assert not validate_operation(guard, context, "file:./src/app.ts write")
    assert not validate_operation(guard, SecurityContext("stranger"), "mcp__github__list")


def test_a_denial_can_be_sent_to_another_process(guard: Guard) -> None:
    with pytest.raises(PermissionDenied) as caught:
        guard.require("agent:other", "use")
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301  # made just now
    assert again.decision == caught.value.decision


def test_what_a_guard_cannot_be_made_of(served: Served, workspace: Path, notes: Notes) -> None:
    for given in (
        {"workspace": workspace / "none"},
        {"home": workspace / "none"},
        {"fulfils": ["sandbox"]},
        {"fulfils": ["rate_limit"]},
        {"fulfils": ["max_byte"]},
    ):
        with pytest.raises(UsageError):
            Guard(served.socket, notes, **given)


@pytest.fixture
def owned(short: Path, workspace: Path) -> Path:
    """The workspace in a place of an ordinary user: nothing runs as root."""
    place = shutil.copytree(workspace, short / "work")
    short.chmod(0o755)
    if os.geteuid() == 0:
        for path in (place, *place.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
    return place


@pytest.fixture
def runner(served: Served, owned: Path, notes: Notes) -> Iterator[Guard]:
    """A guard that has the sandbox plans."""
    made = Guard(
        served.socket,
        notes,
        agent="worker",
        workspace=owned,
        rates=MemoryStore(),
        seconds=PATIENT,
        bundle=lambda: served.bundle,
    )
    yield made
    made.close()


def test_a_command_runs_in_its_sandbox(bwrap: Path, runner: Guard, notes: Notes) -> None:
    del bwrap
    found = runner.run(["ls", "src"])
    assert found.decision.allow, found
    assert (found.outcome.kind, found.outcome.exit) == ("exited", 0), found.outcome
    assert found.stdout.split() == [b"app.ts", b"secrets"]
    assert found.recorded
    assert notes.events == [("intent", "allowed"), ("success", None)]


@pytest.mark.parametrize(
    ("argv", "detail"),
    [
        (["rm", "-rf", "."], "blocked"),
        (["git", "push"], "no_rule_matches"),
        ([], "shell_argv_invalid"),
        (["ls", 5], "shell_argv_invalid"),
        (["ls", "a\0b"], "shell_argv_invalid"),
        ("ls", "shell_argv_invalid"),
        (None, "shell_argv_invalid"),
    ],
)
def test_a_command_that_may_not_run(runner: Guard, notes: Notes, argv: Any, detail: str) -> None:
    found = runner.run(argv)
    assert (found.decision.allow, found.outcome.kind) == (False, "denied")
    assert found.decision.detail == detail
    assert found.outcome.status == 121
    assert notes.events == [("intent", detail)]


def test_arguments_are_never_read_by_a_shell(bwrap: Path, runner: Guard, owned: Path) -> None:
    del bwrap
    found = runner.run(["ls", ";", "rm", "src/app.ts"])
    assert found.outcome.kind == "exited"
    assert found.outcome.exit
    assert b"cannot access ';'" in found.stderr
    assert (owned / "src" / "app.ts").exists()


def test_without_a_bundle_no_command_runs(guard: Guard) -> None:
    assert guard.run(["ls"]).decision.detail == "no_sandbox_plan"


def test_a_bundle_that_is_not_the_one_that_decides(
    runner: Guard, served: Served, notes: Notes
) -> None:
    runner._bundle = lambda: replace(served.bundle, revision="another")
    assert runner.run(["ls"]).decision.detail == "unknown_revision"
    runner._bundle = lambda: 1 / 0  # type: ignore[assignment]  # it breaks
    assert runner.run(["ls"]).decision.detail == "guard_failed"
    assert notes.events == [("intent", "unknown_revision"), ("intent", "guard_failed")]


def test_a_command_without_a_record_does_not_run(bwrap: Path, runner: Guard, notes: Notes) -> None:
    del bwrap
    notes.failing = "intent"
    found = runner.run(["ls"])
    assert (found.outcome.kind, found.decision.detail) == ("denied", "audit_unavailable")
    assert not found.recorded


def test_a_command_takes_its_hits(
    bwrap: Path, runner: Guard, notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    del bwrap
    decide = runner._point.decide
    once = Condition("r", "rate_limit", {"key": "k", "limit": 1, "window_seconds": 3600})

    def limited(request: Request) -> Decision:
        granted = decide(request, seconds=PATIENT)
        return replace(granted, conditions=(*granted.conditions, once))

    monkeypatch.setattr(runner._point, "decide", limited)
    assert runner.run(["ls"]).outcome.kind == "exited"
    assert runner.run(["ls"]).decision.detail == "rate_exceeded"
    runner._rates = None
    assert runner.run(["ls"]).decision.detail == "condition_not_fulfillable"
    assert [event for event in notes.events if event[0] == "success"] == [("success", None)]


def test_a_launch_that_breaks_is_an_outcome(
    runner: Guard, notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("broken")

    monkeypatch.setattr("wilkc.runtime.guard.running.launch", broken)
    found = runner.run(["ls"])
    assert (found.outcome.kind, found.outcome.detail) == ("sandbox_failed", "guard_failed")
    assert notes.events == [("intent", "allowed"), ("failure", "sandbox_failed")]
