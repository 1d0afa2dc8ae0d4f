"""A disk that fails at any one of its calls: nothing acknowledged is lost, nothing is hidden."""

from __future__ import annotations

import errno
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal

import pytest

from tests.unit.runtime.audit.conftest import ALLOW, DENY, REQUEST, SMALL, make_log
from wilkc.core.errors import UnavailableError
from wilkc.runtime.disk import Disk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wilkc.runtime.audit import AuditLogger

Fault = Literal["ENOSPC", "EDQUOT", "EIO", "short", "slow"]
FAULTS: Final[tuple[Fault, ...]] = ("ENOSPC", "EDQUOT", "EIO", "short", "slow")
NEVER: Final = 1 << 30
PATIENT: Final = replace(SMALL, wait_ms=60_000)


class OneFault(Disk):
    """Fails at one call, whatever it is, and knows what is on stable storage.

    Attributes:
        left: calls until the fault.
        fault: what goes wrong then.
        durable: the content of every write that was followed by a sync.
    """

    def __init__(self) -> None:
        self.left = NEVER
        self.fault: Fault = "EIO"
        self.durable: list[bytes] = []
        self._written: dict[int, list[bytes]] = {}

    def _call(self, fd: int = -1, data: bytes = b"") -> None:
        self.left -= 1
        if self.left != 0:
            return
        if self.fault == "slow":
            time.sleep(0.02)
            return
        if self.fault == "short" and data:
            os.write(fd, data[: len(data) // 2])
        raise OSError(getattr(errno, self.fault, errno.EIO), "injected")

    def open(self, path: Path, flags: int, mode: int = 0o600) -> int:
        self._call()
        return super().open(path, flags, mode)

    def write(self, fd: int, data: bytes) -> None:
        self._call(fd, data)
        super().write(fd, data)
        self._written.setdefault(fd, []).append(data)

    def datasync(self, fd: int) -> None:
        self._call()
        super().datasync(fd)
        self.durable += self._written.pop(fd, [])

    def sync(self, fd: int) -> None:
        self._call()
        super().sync(fd)
        self.durable += self._written.pop(fd, [])

    def truncate(self, fd: int, size: int) -> None:
        self._call()
        super().truncate(fd, size)

    def replace(self, source: Path, target: Path) -> None:
        self._call()
        super().replace(source, target)

    def unlink(self, path: Path) -> None:
        self._call()
        super().unlink(path)

    def make_directory(self, path: Path, mode: int = 0o700) -> None:
        self._call()
        super().make_directory(path, mode)

    def allocate(self, fd: int, size: int) -> None:
        self._call()
        super().allocate(fd, size)

    def free_bytes(self, path: Path) -> int:
        self._call()
        return super().free_bytes(path)

    def sync_directory(self, path: Path) -> None:
        self._call()
        super().sync_directory(path)


def _life(log: Any, disk: OneFault) -> list[str]:
    """Open, decide, act, divide, go on, close; the ids of what was acknowledged."""
    told: list[str] = []
    one = replace(log, disk=disk)
    logger: AuditLogger | None = None
    for _ in range(3):
        with suppress(UnavailableError):
            logger = one.open(PATIENT)
            break
    assert logger is not None, "one fault keeps nobody out for ever"

    def act() -> None:
        with suppress(UnavailableError):
            intent = logger.intent(REQUEST, ALLOW)
            # No action is allowed whose intent is not on stable storage.
            assert any(intent.id.encode() in text for text in disk.durable)
            told.append(intent.id)
            told.append(intent.outcome("success").id)
        with suppress(UnavailableError):
            told.append(logger.intent(REQUEST, DENY).id)

    act()
    with suppress(UnavailableError):
        logger.roll()
    act()
    with suppress(UnavailableError):
        logger.checkpoint()
    act()
    logger.close()
    return told


@pytest.mark.parametrize("first", range(len(FAULTS)))
def test_no_allow_without_durable_intent(tmp_path: Path, first: int) -> None:
    """Every call of a log's life fails once, each of them in another way each time."""
    fresh = make_log(tmp_path / "fresh", SMALL)
    counting = OneFault()
    whole = _life(fresh.copy(tmp_path / "whole"), counting)
    calls = NEVER - counting.left
    assert len(whole) == 9
    assert calls > 40
    # Every other call: with the five ways each of them fails in two or three.
    for place in range(1 + first % 2, calls + 1, 2):
        log = fresh.copy(tmp_path / f"{first} {place}")
        disk = OneFault()
        disk.left, disk.fault = place, FAULTS[(first + place // 2) % len(FAULTS)]
        told = _life(log, disk)
        with log.open(PATIENT):
            pass
        found = log.verify(log.checkpoint)
        assert (found.verdict, found.reasons) == ("OK", ()), (place, disk.fault)
        stored = [record["id"] for record in log.records()]
        assert set(told) <= set(stored), (place, disk.fault)
        assert len(told) >= 6
        # An intent that was stored and not acknowledged is on record as not done.
        ends = {one["ref"]: one["result"] for one in log.records() if one["phase"] == "outcome"}
        for record in log.records():
            allowed = record["phase"] == "intent" and record["decision"]["allow"]
            if allowed and record["id"] not in told:
                assert ends[record["id"]]["error"] == "audit_unavailable"


class Slow(Disk):
    """A disk whose syncs take their time."""

    def datasync(self, fd: int) -> None:
        time.sleep(0.1)
        super().datasync(fd)


def _refused(work: Callable[[], Any]) -> str | None:
    try:
        return str(work().id)
    except UnavailableError:
        return None


def test_overload_denies_and_counts(log: Any) -> None:
    """What was acknowledged is stored; what was refused is counted, or stored as not done."""
    slow = replace(log, disk=Slow())
    # Who writes at once is in time; who waits for that one and then is written is not.
    with slow.open(replace(SMALL, wait_ms=150)) as logger, ThreadPoolExecutor(32) as threads:
        asked = [
            threads.submit(_refused, lambda: logger.intent(REQUEST, ALLOW)) for _ in range(200)
        ]
        told = [one.result(60) for one in asked]
        time.sleep(0.2)
        last = None
        while last is None:
            last = _refused(lambda: logger.intent(REQUEST, DENY))
    acknowledged = {one for one in told if one}
    refused = told.count(None)
    assert refused
    assert acknowledged
    records = log.records()
    intents = {
        one["id"] for one in records if one["phase"] == "intent" and one["decision"]["allow"]
    }
    assert acknowledged <= intents
    undone = {one["ref"] for one in records if one["result"]["error"] == "audit_unavailable"}
    assert intents - acknowledged == undone
    lost = sum(
        told["count"]
        for one in records
        if one["action"]["type"] == "system.lost"
        for told in one["action"]["details"]["by"]
        if told["reason"] == "PERMISSION_GRANTED"
    )
    assert lost + len(undone) == refused
    assert log.verify(log.checkpoint).verdict == "OK"


class Stuck(Disk):
    """A disk whose next sync lasts until it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.reached = threading.Event()

    def datasync(self, fd: int) -> None:
        self.reached.set()
        assert self.go.wait(60)
        super().datasync(fd)


def test_wait_is_bounded(log: Any) -> None:
    """A disk that hangs refuses each caller after its time, and never holds one for ever."""
    disk = Stuck()
    disk.go.set()
    stuck = replace(log, disk=disk)
    with stuck.open(replace(SMALL, wait_ms=100)) as logger, ThreadPoolExecutor(8) as threads:
        disk.go.clear()
        disk.reached.clear()
        first = threads.submit(_refused, lambda: logger.intent(REQUEST, DENY))
        assert disk.reached.wait(60)
        waiting = [threads.submit(_timed, logger) for _ in range(6)]
        for seconds in (one.result(60) for one in waiting):
            assert 0.1 <= seconds < 30
        disk.go.set()
        assert first.result(60)
    assert log.verify(log.checkpoint).verdict == "OK"


def _timed(logger: AuditLogger) -> float:
    """How long a caller is kept that is refused."""
    begun = time.monotonic()
    with pytest.raises(UnavailableError, match="audit_unavailable"):
        logger.intent(REQUEST, ALLOW)
    return time.monotonic() - begun
