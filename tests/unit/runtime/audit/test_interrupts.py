"""An interrupt at any call of a log's life: what is on disk stays a log that verifies."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.unit.runtime.audit.conftest import ALLOW, DENY, REQUEST, SMALL, make_log
from wilkc.runtime.audit.own import own_record
from wilkc.runtime.disk import Disk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wilkc.runtime.audit import AuditLogger

NEVER: Final = 1 << 30
PATIENT: Final = replace(SMALL, wait_ms=60_000)


class InterruptedDisk(Disk):
    """Is interrupted as its calls end: there a writer is while a signal's handler raises.

    It waits for no stable storage, which is another matter.

    Attributes:
        left: calls until the interrupt.
        more: further interrupts, one at each call after it.
        records: whether only the syncs of records are counted.
    """

    def __init__(self) -> None:
        self.left = NEVER
        self.more = 0
        self.records = False

    def _ended(self, *, record: bool = False) -> None:
        if self.records and not record:
            return
        self.left -= 1
        if self.left == 0:
            if self.more:
                self.left, self.more = 1, self.more - 1
            raise KeyboardInterrupt

    def open(self, path: Path, flags: int, mode: int = 0o600) -> int:
        fd = super().open(path, flags, mode)
        try:
            self._ended()
        except KeyboardInterrupt:
            super().close(fd)
            raise
        return fd

    def close(self, fd: int) -> None:
        super().close(fd)
        self._ended()

    def write(self, fd: int, data: bytes) -> None:
        super().write(fd, data)
        self._ended()

    def datasync(self, fd: int) -> None:
        del fd
        self._ended(record=True)

    def sync(self, fd: int) -> None:
        del fd
        self._ended()

    def truncate(self, fd: int, size: int) -> None:
        super().truncate(fd, size)
        self._ended()

    def replace(self, source: Path, target: Path) -> None:
        super().replace(source, target)
        self._ended()

    def unlink(self, path: Path) -> None:
        super().unlink(path)
        self._ended()

    def make_directory(self, path: Path, mode: int = 0o700) -> None:
        super().make_directory(path, mode)
        self._ended()

    def sync_directory(self, path: Path) -> None:
        del path
        self._ended()


def _opened(log: Any, *, shared: bool) -> AuditLogger:
    for _ in range(3):
        with suppress(KeyboardInterrupt):
            logger: AuditLogger = log.open(PATIENT, shared=shared)
            return logger
    raise AssertionError("no interrupt keeps anybody out for ever")


def _life(log: Any, *, shared: bool) -> list[str]:
    """Open, decide, act, divide, go on, close, whatever is interrupted; what was acknowledged."""
    told: list[str] = []
    logger = _opened(log, shared=shared)

    def act() -> None:
        with suppress(KeyboardInterrupt):
            intent = logger.intent(REQUEST, ALLOW)
            told.append(intent.id)
            told.append(intent.outcome("success").id)
        with suppress(KeyboardInterrupt):
            told.append(logger.intent(REQUEST, DENY).id)

    act()
    with suppress(KeyboardInterrupt):
        logger.roll_due(at_once=True)
    act()
    with suppress(KeyboardInterrupt):
        logger.checkpoint()
    act()
    with suppress(KeyboardInterrupt):
        logger.close()
    return told


def _counted(log: Any, *, shared: bool) -> int:
    disk = InterruptedDisk()
    assert len(_life(replace(log, disk=disk), shared=shared)) == 9
    return NEVER - disk.left


@pytest.mark.parametrize("more", [0, 1])
@pytest.mark.parametrize("shared", [False, True])
def test_an_interrupt_at_any_call_leaves_a_log_that_verifies(
    tmp_path: Path, shared: bool, more: int
) -> None:
    fresh = make_log(tmp_path / "fresh", SMALL)
    calls = _counted(fresh.copy(tmp_path / "whole"), shared=shared)
    assert calls > 30
    # Twice in a row, as who gets no answer presses the key again, at every third call; and a
    # shared log makes the same calls for each record.
    for place in range(1, calls + 1, (1 + 2 * more) * (1 + 4 * shared)):
        log: Any = fresh.copy(tmp_path / f"{place}")
        disk = InterruptedDisk()
        disk.left, disk.more = place, more
        told = _life(replace(log, disk=disk), shared=shared)
        assert disk.left <= more
        with replace(log, disk=InterruptedDisk()).open(PATIENT) as logger:
            logger.intent(REQUEST, DENY)
        found = log.verify(log.checkpoint)
        assert (found.verdict, found.reasons) == ("OK", ()), place
        _require_told(log.records(), told, place)


def _require_told(records: list[dict[str, Any]], told: list[str], place: int) -> None:
    """Nothing acknowledged is missing, and each action that was not allowed says so, once."""
    assert set(told) <= {record["id"] for record in records}, place
    ends = Counter(record["ref"] for record in records if record["phase"] == "outcome")
    for record in records:
        if record["phase"] == "intent" and record["decision"]["allow"]:
            # Who was told may have been interrupted before telling what became of it.
            ended = {0, 1} if record["id"] in told else {1}
            assert ends[record["id"]] in ended, place


def _life_of_two(
    log: Any,
    disk: InterruptedDisk,
    then: Callable[[AuditLogger], object],
    *,
    pid: int | None = None,
) -> str:
    """An interrupt as the second of two records is synced, and what its log is then.

    Args:
        log: an empty log.
        disk: is interrupted.
        then: what is done with the writer.
        pid: a process that is no more, in place of this one.
    """
    with suppress(KeyboardInterrupt), replace(log, disk=disk).open(PATIENT) as logger:
        if pid is not None:
            logger._owner = replace(logger._owner, pid=pid)
        logger.intent(REQUEST, DENY)
        disk.records, disk.left = True, 1
        try:
            logger.intent(REQUEST, ALLOW)
        finally:
            then(logger)
    assert disk.left <= 0
    return str(log.verify().verdict)


def test_a_writer_that_is_closed_by_an_interrupt_signs_nothing_twice(log: Any) -> None:
    def leave(logger: AuditLogger) -> None:
        logger.close()

    assert _life_of_two(log, InterruptedDisk(), leave, pid=2**22 + 1) == "UNSEALED_TAIL"
    with log.open(PATIENT) as logger:
        logger.intent(REQUEST, DENY)
    assert log.verify(log.checkpoint).verdict == "OK"
    (granted,) = [one for one in log.records() if one["decision"] and one["decision"]["allow"]]
    (end,) = [one for one in log.records() if one["phase"] == "outcome"]
    assert (end["ref"], end["result"]["error"]) == (granted["id"], "outcome_unknown")


def test_who_catches_an_interrupt_goes_on_in_a_recovered_segment(log: Any) -> None:
    seen: list[int] = []

    def go_on(logger: AuditLogger) -> None:
        seen.append(logger.intent(REQUEST, DENY).seq)

    assert _life_of_two(log, InterruptedDisk(), go_on) == "OK_UNANCHORED"
    records = log.records()
    (granted,) = [one for one in records if one["decision"] and one["decision"]["allow"]]
    (end,) = [one for one in records if one["phase"] == "outcome"]
    # Whoever was interrupted was not told that the action may run.
    assert (end["ref"], end["result"]["error"]) == (granted["id"], "audit_unavailable")
    assert seen[0] > end["seq"] > granted["seq"]
    assert len(log.segments()) == 2


def test_a_write_that_did_not_end_is_followed_by_none(log: Any) -> None:
    disk = InterruptedDisk()
    with replace(log, disk=disk).open(PATIENT) as logger:
        tip = logger._store._writer._tip
        assert tip is not None
        drafts = [
            own_record(logger.means.new_id(), "system.clock_step", tip.resource, {})
            for _ in range(2)
        ]
        disk.records, disk.left = True, 1
        with pytest.raises(KeyboardInterrupt):
            tip.commit(drafts[:1], checkpoint=False)
        size = log.segments()[-1].stat().st_size
        with pytest.raises(OSError, match="did not come to its end"):
            tip.commit(drafts[1:], checkpoint=True)
        assert log.segments()[-1].stat().st_size == size
    with log.open(PATIENT):
        pass
    assert log.verify(log.checkpoint).verdict == "OK"
