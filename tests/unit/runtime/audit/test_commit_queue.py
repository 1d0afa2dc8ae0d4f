"""Several threads and one disk: who waits, who shares a sync, and who is told what."""

from __future__ import annotations

import errno
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.audit.conftest import SMALL, FaultyDisk
from wilkc.core.errors import UnavailableError
from wilkc.runtime.audit import Event, commit_queue
from wilkc.runtime.audit.commit_queue import MAX_BATCH
from wilkc.runtime.audit.record import Actor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

PATIENT = replace(SMALL, wait_ms=60_000)
SOON = 60.0
"""Seconds after which a test that waits has failed."""


class Gate:
    """A sync that lasts until it is let go."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.go = threading.Event()


class HeldDisk(FaultyDisk):
    """A disk whose next syncs last as long as a test wants.

    Attributes:
        gates: of the next syncs.
    """

    def __init__(self) -> None:
        super().__init__()
        self.gates: list[Gate] = []

    def datasync(self, fd: int) -> None:
        if self.gates:
            gate = self.gates.pop(0)
            gate.reached.set()
            assert gate.go.wait(SOON)
        super().datasync(fd)

    def hold(self) -> Gate:
        self.gates.append(Gate())
        return self.gates[-1]


@pytest.fixture
def held(log: Any) -> Any:
    """An empty log on a disk that can be held."""
    return replace(log, disk=HeldDisk())


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    """Enough for every caller of a test."""
    with ThreadPoolExecutor(32) as pool:
        yield pool


@contextmanager
def busy(held: Any, threads: ThreadPoolExecutor, first: Callable[[], object]) -> Iterator[None]:
    """While the disk is busy with a first record."""
    gate = held.disk.hold()
    begun = threads.submit(first)
    assert gate.reached.wait(SOON)
    try:
        yield
    finally:
        gate.go.set()
    begun.result(SOON)


def queued(logger: Any, count: int) -> None:
    """Wait until so many records wait."""
    until = time.monotonic() + SOON
    while logger._store._queue._queued != count:
        assert time.monotonic() < until
        time.sleep(0.001)


@pytest.mark.parametrize("shared", [False, True])
def test_who_waits_shares_a_sync(
    held: Any, threads: ThreadPoolExecutor, request_: Any, allow: Any, shared: bool
) -> None:
    with held.open(PATIENT, shared=shared) as logger:

        def ask() -> Any:
            return logger.intent(request_, allow)

        with busy(held, threads, ask):
            waiting = [threads.submit(ask) for _ in range(20)]
            queued(logger, 20)
            held.disk.calls.clear()
        intents = [one.result(SOON) for one in waiting]
        assert held.disk.calls.count("datasync") == 2
        for intent in intents:
            intent.outcome("success")
    ids = {record["seq"]: record["id"] for record in held.records()}
    assert [ids[intent.seq] for intent in intents] == [intent.id for intent in intents]
    assert held.verify(held.checkpoint).verdict == "OK"


def test_a_queue_longer_than_a_write(
    held: Any, threads: ThreadPoolExecutor, request_: Any, deny: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(commit_queue, "MAX_BATCH", 8)
    with held.open(PATIENT) as logger:

        def ask() -> Any:
            return logger.intent(request_, deny)

        with busy(held, threads, ask):
            waiting = [threads.submit(ask) for _ in range(20)]
            queued(logger, 20)
            held.disk.calls.clear()
        assert len({one.result(SOON).seq for one in waiting}) == 20
        assert held.disk.calls.count("datasync") == 1 + 3
    assert MAX_BATCH == 256


def test_who_waited_too_long_is_refused_and_counted(
    held: Any, threads: ThreadPoolExecutor, request_: Any, allow: Any, deny: Any
) -> None:
    with held.open(replace(SMALL, wait_ms=500)) as logger:
        with (
            busy(held, threads, lambda: logger.intent(request_, deny)),
            pytest.raises(UnavailableError, match="audit_unavailable: other records"),
        ):
            logger.intent(request_, allow)
        logger.intent(request_, allow).outcome("success")
    records = held.records()
    lost = next(one for one in records if one["action"]["type"] == "system.lost")
    assert lost["action"]["details"] == {
        "by": [{"count": 1, "reason": "PERMISSION_GRANTED", "type": "file.read"}],
        "count": 1,
    }
    assert lost["security"]["risk_level"] == "critical"
    assert sum(one["phase"] == "intent" for one in records) == 2


@pytest.mark.parametrize("shared", [False, True])
def test_who_gives_up_while_it_is_written_has_nothing_happen(
    held: Any, threads: ThreadPoolExecutor, request_: Any, allow: Any, deny: Any, shared: bool
) -> None:
    """The second sync is the one that takes too long: its record is there and means no action."""
    with held.open(replace(SMALL, wait_ms=500), shared=shared) as logger:
        with busy(held, threads, lambda: logger.intent(request_, deny)):
            late = threads.submit(logger.intent, request_, allow)
            queued(logger, 1)
            second = held.disk.hold()
        assert second.reached.wait(SOON)
        with pytest.raises(UnavailableError, match="audit_unavailable"):
            late.result(SOON)
        second.go.set()
        logger.intent(request_, allow).outcome("success")
    records = held.records()
    assert not [one for one in records if one["action"]["type"] == "system.lost"]
    granted = [one["id"] for one in records if one["decision"] and one["decision"]["allow"]]
    ends = {one["ref"]: one["result"] for one in records if one["phase"] == "outcome"}
    assert [ends[one]["status"] for one in granted] == ["failure", "success"]
    assert ends[granted[0]]["error"] == "audit_unavailable"
    assert held.verify(held.checkpoint).verdict == "OK"


def _slowly(held: Any, threads: ThreadPoolExecutor, work: Callable[[], object]) -> Future[object]:
    """Work whose record is stored later than a caller waits, which nobody else kept waiting."""
    gate = held.disk.hold()
    begun = threads.submit(work)
    assert gate.reached.wait(SOON)
    time.sleep(0.6)
    gate.go.set()
    return begun


@pytest.mark.parametrize("enforced", [True, False])
@pytest.mark.parametrize("shared", [False, True])
def test_a_grant_whose_record_took_too_long_is_none(
    held: Any,
    threads: ThreadPoolExecutor,
    request_: Any,
    allow: Any,
    shared: bool,
    enforced: bool,
) -> None:
    """Also for a caller alone, who writes himself: a disk that sleeps must not allow at last."""
    with held.open(replace(SMALL, wait_ms=500), shared=shared) as logger:
        late = _slowly(held, threads, lambda: logger.intent(request_, allow, enforced=enforced))
        with pytest.raises(UnavailableError, match="audit_unavailable: the record took too long"):
            late.result(SOON)
        in_time = logger.intent(request_, allow)
        in_time.outcome("success")
    records = held.records()
    # It is on record, so it is not lost as well.
    assert not [one for one in records if one["action"]["type"] == "system.lost"]
    first = next(one["id"] for one in records if one["decision"])
    ends = {one["ref"]: one["result"]["error"] for one in records if one["phase"] == "outcome"}
    # A question has no outcome; an action that was denied says so before anything else.
    assert ends == ({first: "audit_unavailable"} if enforced else {}) | {in_time.id: None}
    assert held.verify(held.checkpoint).verdict == "OK"


def test_what_lets_nothing_happen_counts_however_long_it_took(
    held: Any, threads: ThreadPoolExecutor, request_: Any, allow: Any, deny: Any
) -> None:
    """A denial stays one, and what was done stays done: they are on record, and that is told."""
    with held.open(replace(SMALL, wait_ms=500)) as logger:
        intent = logger.intent(request_, allow)
        event = Event("config.modify", "config:x", Actor("user", "u1"))
        logger.system(event)
        for work in (
            lambda: logger.intent(request_, deny),
            lambda: intent.outcome("success"),
            lambda: logger.system(event),
        ):
            _slowly(held, threads, work).result(SOON)
    ends = [one["result"]["error"] for one in held.records() if one["phase"] == "outcome"]
    assert ends == [None]


def test_one_that_cannot_be_written_takes_no_other_with_it(
    held: Any, threads: ThreadPoolExecutor, request_: Any, deny: Any
) -> None:
    huge = Event("config.modify", "config:x", Actor("user", "u1"), tags=("x" * 70_000,))
    with held.open(PATIENT) as logger:
        with busy(held, threads, lambda: logger.intent(request_, deny)):
            waiting: list[Future[Any]] = []
            for number in range(9):
                work = (logger.system, huge) if number == 4 else (logger.intent, request_, deny)
                waiting.append(threads.submit(*work))
                queued(logger, number + 1)
        with pytest.raises(ValueError, match="longer than"):
            waiting[4].result(SOON)
        numbers = [one.result(SOON).seq for one in waiting[:4] + waiting[5:]]
    assert numbers == sorted(set(numbers))
    assert held.verify(held.checkpoint).verdict == "OK"


def test_a_full_disk_refuses_actions_and_keeps_denials(
    held: Any, threads: ThreadPoolExecutor, request_: Any, allow: Any, deny: Any
) -> None:
    with held.open(replace(PATIENT, min_free_bytes=1000)) as logger:
        with busy(held, threads, lambda: logger.intent(request_, deny)):
            granted = [threads.submit(logger.intent, request_, allow) for _ in range(3)]
            denied = [threads.submit(logger.intent, request_, deny) for _ in range(3)]
            queued(logger, 6)
            held.disk.free = 999
            logger._store._writer._space._looked = float("-inf")
        for one in denied:
            assert one.result(SOON).seq
        for one in granted:
            with pytest.raises(UnavailableError, match="almost full"):
                one.result(SOON)
    (lost,) = [one for one in held.records() if one["action"]["type"] == "system.lost"]
    assert lost["action"]["details"]["count"] == 3


def test_a_failing_sync_acknowledges_none(
    held: Any, threads: ThreadPoolExecutor, request_: Any, allow: Any, deny: Any
) -> None:
    with held.open(PATIENT) as logger:
        with busy(held, threads, lambda: logger.intent(request_, deny)):
            waiting = [threads.submit(logger.intent, request_, allow) for _ in range(5)]
            queued(logger, 5)
            held.disk.break_at("datasync", errno.EIO, skip=1)
        errors = [one.exception(SOON) for one in waiting]
        assert [type(one) for one in errors] == [UnavailableError] * 5
        assert len({id(one) for one in errors}) == 5
        held.disk.mend()
        logger.intent(request_, allow).outcome("success")
    records = held.records()
    ends = {one["ref"]: one["result"]["error"] for one in records if one["phase"] == "outcome"}
    granted = [one["id"] for one in records if one["decision"] and one["decision"]["allow"]]
    # The disk refused the sync only: the records may be there, and then mean no action.
    assert [ends[one] for one in granted] == [*["audit_unavailable"] * 5, None]
    assert held.verify(held.checkpoint).verdict == "OK"


def test_without_a_thread_to_be_had_nobody_waits_for_ever(
    held: Any, threads: ThreadPoolExecutor, request_: Any, deny: Any, monkeypatch: Any
) -> None:
    with held.open(PATIENT) as logger:
        with busy(held, threads, lambda: logger.intent(request_, deny)):
            waiting = [threads.submit(logger.intent, request_, deny) for _ in range(5)]
            queued(logger, 5)
            monkeypatch.setattr(threading.Thread, "start", _no_thread)
        assert len({one.result(SOON).seq for one in waiting}) == 5


def _no_thread(_: object) -> None:
    raise RuntimeError("can't start new thread")


def test_a_queue_that_is_full_refuses_at_once(
    held: Any, threads: ThreadPoolExecutor, request_: Any, deny: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(commit_queue, "MAX_QUEUED", 2)
    with held.open(PATIENT) as logger:
        with busy(held, threads, lambda: logger.intent(request_, deny)):
            waiting = [threads.submit(logger.intent, request_, deny) for _ in range(2)]
            queued(logger, 2)
            with pytest.raises(UnavailableError, match="too many records wait"):
                logger.intent(request_, deny)
        assert len({one.result(SOON).seq for one in waiting}) == 2
        # Their places are free again.
        assert logger.intent(request_, deny).seq


def test_a_fork_while_others_wait_is_refused(
    held: Any, threads: ThreadPoolExecutor, request_: Any, deny: Any
) -> None:
    with held.open(PATIENT) as logger:
        with busy(held, threads, lambda: logger.intent(request_, deny)):
            waiting = threads.submit(logger.intent, request_, deny)
            queued(logger, 1)
            child = os.fork()
            if not child:
                try:
                    logger.intent(request_, deny)
                except UnavailableError:
                    os._exit(7)
                os._exit(1)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        assert waiting.result(SOON).seq
