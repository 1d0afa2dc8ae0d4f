"""Nothing happens that is not on record first, and what became of it follows."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from tests.integration.guard.conftest import PATIENT, SMALL, Log, Notes, Served
from wilkc.runtime import Guard, PermissionDenied, SecurityContext, SharedLog
from wilkc.runtime.audit import AuditLogger
from wilkc.runtime.disk import Disk
from wilkc.runtime.limits import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable

WRITER = Path(__file__).with_name("writer.py")
NEW = ("file:./reports/made.md", "write")
SIZE: dict[str, Any] = {"properties": {"size": 1}}


@pytest.fixture
def recorded(served: Served, workspace: Path, log: Log) -> Guard:
    """A guard with a real log."""
    return Guard(
        served.socket,
        log.recorder(),
        agent="worker",
        workspace=workspace,
        rates=MemoryStore(),
        seconds=PATIENT,
    )


def test_an_action_is_recorded_before_and_after(recorded: Guard, log: Log) -> None:
    with recorded.action(*NEW, **SIZE) as action:
        assert [one["phase"] for one in log.records()] == ["intent"]
        Path(action.path).write_text("x", encoding="ascii")
        action.details["bytes"] = 1
    assert action.recorded
    intent, outcome = log.records()
    assert (intent["action"]["type"], intent["action"]["resource"]) == (
        "file.write",
        "file:./reports/made.md",
    )
    assert intent["decision"]["allow"] is True
    assert intent["decision"]["latency_us"] > 0
    assert (outcome["ref"], outcome["result"]["status"]) == (intent["id"], "success")
    assert outcome["action"]["details"] == {"bytes": 1}
    assert log.verify().verdict == "OK"


def _fail() -> NoReturn:
    raise LookupError("inside")


def test_an_action_that_fails_is_recorded_and_fails_as_it_does(recorded: Guard, log: Log) -> None:
    with pytest.raises(LookupError, match="inside"), recorded.action(*NEW, **SIZE):
        _fail()
    assert log.records()[1]["result"]["status"] == "failure"
    assert log.records()[1]["result"]["error"] == "lookuperror"


def test_a_denied_action_is_recorded_and_does_not_run(recorded: Guard, log: Log) -> None:
    with (
        pytest.raises(PermissionDenied) as caught,
        recorded.action("file:./src/secrets/token", "read"),
    ):
        pytest.fail("it ran")
    assert caught.value.decision.detail == "blocked"
    (only,) = log.records()
    assert (only["decision"]["allow"], only["decision"]["detail"]) == (False, "blocked")


def test_an_action_from_an_event_loop(recorded: Guard, log: Log) -> None:
    async def act() -> None:
        async with recorded.action(*NEW, **SIZE) as action:
            assert action.path.endswith("/reports/made.md")
        assert action.recorded
        with pytest.raises(PermissionDenied):
            async with recorded.action("file:./src/app.ts", "write", **SIZE):
                pytest.fail("it ran")
        with pytest.raises(LookupError):
            async with recorded.action(*NEW, **SIZE):
                _fail()

    asyncio.run(act())
    found = [(one["phase"], one["result"]["status"]) for one in log.records()]
    assert found == [
        ("intent", "success"),
        ("outcome", "success"),
        ("intent", "failure"),
        ("intent", "success"),
        ("outcome", "failure"),
    ]


def test_a_question_is_recorded_as_one(recorded: Guard, log: Log) -> None:
    assert recorded.check("tool:mcp__github__list").allow
    (only,) = log.records()
    assert only["action"]["type"] == "permission.check"
    assert only["action"]["details"] == {"action": "tool.call", "enforced": False}


def test_what_cannot_be_read_is_recorded_too(recorded: Guard, log: Log) -> None:
    assert not recorded.check("file:" + "x/" * 9000, "read").allow
    assert not recorded.check("nonsense", "read").allow
    assert [one["decision"]["reason"] for one in log.records()] == ["VALIDATION_ERROR"] * 2


def test_the_security_context_travels(recorded: Guard, log: Log, notes: Notes) -> None:
    given = SecurityContext(
        "worker",
        scope="deploy",
        origin={"ip_address": "192.0.2.1", "session_id": "s1", "request_id": "q1"},
        timestamp=datetime(2026, 1, 2, tzinfo=UTC),
        trace=("t1", "t2"),
    )
    assert recorded.check("tool:mcp__github__list", security=given).allow
    context = log.records()[0]["context"]
    assert (context["session_id"], context["request_id"]) == ("s1", "q1")
    assert context["trace_id"] == "t1"
    assert context["ip_address"] is None  # sealed
    recorded._recorder = notes
    assert recorded.check("tool:mcp__github__list", security=given).allow
    asked = notes.given[0]["request"].context
    assert asked["scope"] == "deploy"
    assert asked["trace"] == ["t1", "t2"]
    assert asked["timestamp"].startswith("2026-01-02")
    assert datetime.fromisoformat(asked["time"]).date() == datetime.now(UTC).date()


def test_a_record_that_cannot_be_written_denies(guard: Guard, notes: Notes) -> None:
    notes.failing = "intent"
    asked: dict[str, Any] = {"properties": {"max_tokens": 1}}
    found = guard.check("llm:gpt-4", **asked)
    assert (found.reason, found.detail) == ("VALIDATION_ERROR", "audit_unavailable")
    assert guard.check("file:./src/secrets/token", "read").detail == "blocked"
    with pytest.raises(PermissionDenied), guard.action("llm:gpt-4", **asked):
        pytest.fail("it ran")
    assert asyncio.run(guard.check_async("llm:gpt-4", **asked)).detail == "audit_unavailable"
    notes.failing = ""
    # Each hit was given back: two are allowed in an hour.
    assert [guard.check("llm:gpt-4", **asked).allow for _ in range(3)] == [True, True, False]


def test_an_outcome_that_cannot_be_written_is_told(guard: Guard, notes: Notes) -> None:
    notes.failing = "outcome"
    with guard.action(*NEW, **SIZE) as action:
        pass
    assert not action.recorded
    with pytest.raises(LookupError), guard.action(*NEW, **SIZE):
        _fail()


class FullDisk(Disk):
    """Has no room from the moment it is told."""

    full = False

    def write(self, fd: int, data: bytes) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().write(fd, data)


def test_a_full_disk_denies_until_there_is_room(served: Served, workspace: Path, log: Log) -> None:
    places, disk = log.places, FullDisk()
    logger = AuditLogger.open(
        places.directory, places.keys, provider=places.provider, settings=SMALL, disk=disk
    )
    guard = Guard(served.socket, logger, agent="worker", workspace=workspace, seconds=PATIENT)
    with guard.action(*NEW, **SIZE) as action:
        disk.full = True
    assert not action.recorded
    assert guard.check("agent:helper", "use").detail == "audit_unavailable"
    with pytest.raises(PermissionDenied), guard.action(*NEW, **SIZE):
        pytest.fail("it ran")
    disk.full = False
    assert guard.check("agent:helper", "use").allow
    logger.close()
    assert log.verify().verdict == "OK"
    guard.close()


def test_a_log_that_is_not_there_denies(served: Served, workspace: Path, tmp_path: Path) -> None:
    nowhere = SharedLog(tmp_path / "no", tmp_path / "keys", tmp_path / "provider")
    guard = Guard(served.socket, nowhere, agent="worker", workspace=workspace, seconds=PATIENT)
    assert guard.check("agent:helper", "use").detail == "audit_unavailable"
    guard.close()


@pytest.mark.parametrize(
    ("moment", "made", "phases"),
    [
        ("before", False, []),
        ("after", False, ["intent", "outcome"]),
        ("inside", True, ["intent", "outcome"]),
        ("never", True, ["intent", "outcome"]),
    ],
)
def test_a_killed_process_leaves_no_action_unrecorded(
    served: Served, workspace: Path, log: Log, moment: str, made: bool, phases: list[str]
) -> None:
    places = log.places
    paths = [served.socket, places.directory, places.keys, places.provider, workspace]
    done = subprocess.run(
        [sys.executable, WRITER, *map(str, paths), moment], capture_output=True, check=False
    )
    killed = moment != "never"
    assert done.returncode == (-signal.SIGKILL if killed else 0), done.stderr
    assert (workspace / "reports" / "made.md").exists() is made
    with AuditLogger.open(places.directory, places.keys, provider=places.provider, settings=SMALL):
        pass
    records = log.records()
    assert [one["phase"] for one in records] == phases
    if phases:
        wanted = "outcome_unknown" if killed else None
        assert records[1]["result"]["error"] == wanted
    assert log.verify().verdict == "OK"


def test_a_cancelled_caller_leaves_no_open_intent(
    guard: Guard, notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = asyncio.Event(), __import__("threading").Event()
    record: Callable[..., Any] = notes.intent

    async def cancel() -> None:
        loop = asyncio.get_running_loop()

        def slowly(*args: Any, **given: Any) -> Any:
            loop.call_soon_threadsafe(begun.set)
            go_on.wait(20)
            return record(*args, **given)

        monkeypatch.setattr(notes, "intent", slowly)

        async def act() -> None:
            async with guard.action(*NEW, **SIZE):
                pytest.fail("it ran")

        task = asyncio.create_task(act())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        go_on.set()

    asyncio.run(cancel())
    guard.pool.close()
    assert notes.events == [("intent", "allowed"), ("failure", "cancelled")]


def test_an_action_begins_once(guard: Guard) -> None:
    action = guard.action(*NEW, **SIZE)
    with pytest.raises(RuntimeError, match="has not begun"):
        _ = action.path
    with action:
        pass
    with pytest.raises(RuntimeError, match="only once"), action:
        pytest.fail("it ran")
