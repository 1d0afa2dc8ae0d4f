"""One guard for threads, event loops and children of the process."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import time
from typing import TYPE_CHECKING

from tests.integration.guard.conftest import PATIENT, Log, Notes, Served
from wilkc.runtime import Guard

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

CALLERS = 32
ROUNDS = 10
RESOURCES = (
    ("file:./src/app.ts", "read", True),
    ("file:./src/secrets/token", "read", False),
    ("tool:mcp__github__list", "call", True),
    ("agent:other", "use", False),
)


def _right(guard: Guard, number: int) -> bool:
    resource, action, wanted = RESOURCES[number % len(RESOURCES)]
    return guard.check(resource, action).allow is wanted


async def _right_async(guard: Guard, number: int) -> bool:
    resource, action, wanted = RESOURCES[number % len(RESOURCES)]
    return (await guard.check_async(resource, action)).allow is wanted


async def _all_right(guard: Guard) -> bool:
    async def ask(start: int) -> bool:
        return all([await _right_async(guard, start + number) for number in range(ROUNDS)])

    return all(await asyncio.gather(*map(ask, range(CALLERS))))


def test_threads(guard: Guard, notes: Notes) -> None:
    found: list[bool] = []

    def ask(start: int) -> None:
        found.extend(_right(guard, start + number) for number in range(ROUNDS))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * CALLERS * ROUNDS
    assert len(notes.events) == CALLERS * ROUNDS


def test_event_loops_one_after_the_other_and_beside_each_other(guard: Guard) -> None:
    assert asyncio.run(_all_right(guard))
    assert asyncio.run(_all_right(guard))
    found: list[bool] = []
    threads = [
        threading.Thread(target=lambda: found.append(asyncio.run(_all_right(guard))))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 3
    gc.collect()


def test_a_loop_goes_on_while_a_record_is_being_written(
    guard: Guard, notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = notes.intent

    def slowly(*args: object, **given: object) -> Notes:
        time.sleep(0.3)
        return record(*args, **given)  # type: ignore[arg-type]  # what it was given

    monkeypatch.setattr(notes, "intent", slowly)

    async def tick() -> int:
        asking = asyncio.create_task(guard.check_async("agent:helper", "use"))
        ticks = 0
        while not asking.done():
            await asyncio.sleep(0.01)
            ticks += 1
        assert asking.result().allow
        return ticks

    assert asyncio.run(tick()) > 5


def _in_child(guard: Guard) -> int:
    """The exit code of a child that asks in both ways."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            right = all(_right(guard, number) for number in range(len(RESOURCES)))
            code = 0 if right and asyncio.run(_right_async(guard, 0)) else 2
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_child_asks_by_connections_of_its_own(guard: Guard) -> None:
    assert _right(guard, 0)
    assert asyncio.run(_right_async(guard, 0))
    assert [_in_child(guard) for _ in range(3)] == [0, 0, 0]
    assert _right(guard, 0)
    assert asyncio.run(_right_async(guard, 0))


def test_a_child_of_a_busy_process(guard: Guard) -> None:
    """Whatever locks the other threads hold when it forks."""
    stop = threading.Event()
    wrong: list[int] = []

    def ask() -> None:
        while not stop.is_set():
            wrong.extend(number for number in range(4) if not _right(guard, number))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        assert [_in_child(guard) for _ in range(5)] == [0] * 5
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_children_share_the_log(served: Served, workspace: Path, log: Log) -> None:
    guard = Guard(
        served.socket, log.recorder(), agent="worker", workspace=workspace, seconds=PATIENT
    )
    assert _right(guard, 0)
    assert [_in_child(guard) for _ in range(2)] == [0, 0]
    assert _right(guard, 1)
    assert len(log.records()) == 1 + 2 * (len(RESOURCES) + 1) + 1
    assert log.verify().verdict == "OK"
    guard.close()


def test_a_path_that_cannot_be_looked_at_in_time_is_no(
    served: Served, workspace: Path, notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file system that does not answer holds a thread, and neither the loop nor the caller."""
    guard = Guard(served.socket, notes, agent="worker", workspace=workspace, seconds=0.3)
    go_on = threading.Event()
    look = os.lstat
    monkeypatch.setattr(os, "lstat", lambda path: (go_on.wait(20), look(path))[1])

    async def ask() -> None:
        started = time.monotonic()
        found = await guard.check_async("file:./src/app.ts", "read")
        assert (found.allow, found.detail) == (False, "late_answer")
        assert time.monotonic() - started < 5
        go_on.set()

    asyncio.run(ask())
    assert notes.events == [("intent", "late_answer")]
    guard.close()
