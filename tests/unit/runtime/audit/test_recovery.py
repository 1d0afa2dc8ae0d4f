"""Failing disks, crashes, lost keys: nothing acknowledged is lost, nothing is hidden."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.audit.conftest import HASTY
from wilkc.core.errors import UnavailableError, UsageError, VerificationError
from wilkc.runtime.audit import AuditLogger, AuditSettings, create_log
from wilkc.runtime.audit.clock import Clock

if TYPE_CHECKING:
    from pathlib import Path

SMALL = AuditSettings(reserve_bytes=4096, min_free_bytes=0, wait_ms=10_000)


def test_ack_implies_fdatasync(log: Any, request_: Any, allow: Any) -> None:
    with log.open() as logger:
        log.disk.calls.clear()
        intent = logger.intent(request_, allow)
        calls = [call for call in log.disk.calls if call in {"write", "datasync"}]
        # Keys come first; the record itself is one write and one sync, and then the answer.
        assert calls[-2:] == ["write", "datasync"]
        log.disk.calls.clear()
        intent.outcome("success")
        assert log.disk.calls[:2] == ["write", "datasync"]


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("write", errno.ENOSPC),
        ("write", errno.EDQUOT),
        ("write", errno.EIO),
        ("write", 0),
        ("datasync", errno.EIO),
        ("datasync", errno.ENOSPC),
    ],
)
def test_an_error_poisons_denies_and_recovers(
    log: Any, request_: Any, allow: Any, deny: Any, call: str, code: int
) -> None:
    logger = log.open()
    done = logger.intent(request_, allow)
    log.disk.break_at(call, code)
    for decision in (allow, deny):
        with pytest.raises(UnavailableError, match="audit_unavailable"):
            logger.intent(request_, decision)
    with pytest.raises(UnavailableError, match="audit_unavailable"):
        done.outcome("success")
    log.disk.mend()
    again = logger.intent(request_, allow)
    again.outcome("success")
    logger.close()
    found = log.verify(log.checkpoint)
    assert (found.verdict, found.lost) == ("OK", 3)
    assert found.recoveries == found.segments - 1
    assert found.segments > 1
    records = log.records()
    assert {done.id, again.id} <= {record["id"] for record in records}
    # What was stored and not acknowledged is on record as an action that did not happen.
    errors = {
        record["ref"]: record["result"]["error"]
        for record in records
        if record["phase"] == "outcome"
    }
    allowed = {r["id"] for r in records if r["phase"] == "intent" and r["decision"]["allow"]}
    for intent in allowed - {done.id, again.id}:
        assert errors[intent] == "audit_unavailable"


def test_eio_poisons_and_is_not_retried(log: Any, request_: Any, allow: Any) -> None:
    logger = log.open()
    logger.intent(request_, allow)
    log.disk.break_at("datasync", errno.EIO)
    log.disk.calls.clear()
    with pytest.raises(UnavailableError):
        logger.intent(request_, allow)
    assert log.disk.calls.count("datasync") == 1
    log.disk.mend()
    log.disk.calls.clear()
    logger.intent(request_, allow)
    # Nothing more goes into the poisoned segment: the next write is a new file.
    assert log.disk.calls.index("replace") < log.disk.calls.index("datasync")
    logger.close()


@pytest.mark.parametrize("skip", range(14))
@pytest.mark.parametrize("call", ["write", "datasync", "sync", "replace", "open"])
def test_a_failure_at_any_step_of_a_roll(
    log: Any, request_: Any, allow: Any, filled: Any, call: str, skip: int
) -> None:
    logger = log.open()
    filled(logger)
    log.disk.break_at(call, errno.EIO, skip)
    with suppress(UnavailableError):
        logger.roll()
    log.disk.mend()
    kept = logger.intent(request_, allow)
    kept.outcome("success")
    logger.close()
    assert log.verify(log.checkpoint).verdict == "OK"
    assert kept.id in {record["id"] for record in log.records()}
    with log.open() as reopened:
        reopened.intent(request_, allow)
    assert log.verify(log.checkpoint).verdict == "OK"


@pytest.mark.parametrize("skip", range(8))
@pytest.mark.parametrize("call", ["write", "datasync", "sync", "replace", "open"])
def test_a_crash_at_any_step_of_a_roll(
    log: Any, request_: Any, deny: Any, filled: Any, tmp_path: Path, call: str, skip: int
) -> None:
    """What is on disk when a step fails is what a crash there leaves."""
    logger = log.open()
    filled(logger)
    log.disk.break_at(call, errno.EIO, skip)
    with suppress(UnavailableError):
        logger.roll()
    crashed = log.copy(tmp_path / "crashed")
    logger.close()
    with crashed.open() as again:
        again.intent(request_, deny)
        again.roll()
        again.intent(request_, deny)
    assert crashed.verify(crashed.checkpoint).verdict == "OK"


def _crash(log: Any, folder: Path, filled: Any) -> Any:
    """The log as it is when its writer vanishes without closing it."""
    logger = log.open()
    filled(logger)
    left = log.copy(folder / "left")
    logger.close()
    return left


def test_crash_is_reported_once(log: Any, filled: Any, tmp_path: Path) -> None:
    left = _crash(log, tmp_path, filled)
    assert left.verify().verdict == "UNSEALED_TAIL"
    assert left.verify(live=True).verdict == "OK_UNANCHORED"
    with left.open():
        pass
    found = left.verify()
    assert (found.verdict, found.recoveries) == ("OK_UNANCHORED", 1)
    with left.open():
        pass
    assert left.verify().recoveries == 1


@pytest.mark.parametrize(
    "tail", [b'{"event":{"acti', b"\x00" * 4096, b'{"event":\x00\x00\n{}\n', b"\xff" * 10]
)
def test_torn_tail_then_append(log: Any, filled: Any, tmp_path: Path, tail: bytes) -> None:
    left = _crash(log, tmp_path, filled)
    path = left.segments()[-1]
    size = path.stat().st_size
    with path.open("ab") as file:
        file.write(tail)
    found = left.verify()
    assert (found.verdict, found.torn_bytes) == ("UNSEALED_TAIL", len(tail))
    with left.open() as logger:
        filled(logger)
    assert left.verify(left.checkpoint).verdict == "OK"
    (kept,) = (left.directory / "quarantine").iterdir()
    assert kept.name.startswith(f"{size}-")
    assert kept.read_bytes() == tail
    event = next(one for one in left.records() if one["action"]["type"] == "system.recovered")
    assert event["action"]["details"]["lost_bytes"] == len(tail)


@pytest.mark.parametrize("line", [b"{}", b"", b'{"event":{},"sig":null}'])
def test_a_whole_line_that_fails_is_never_cut(
    log: Any, filled: Any, tmp_path: Path, line: bytes
) -> None:
    left = _crash(log, tmp_path, filled)
    path = left.segments()[-1]
    with path.open("ab") as file:
        file.write(line + b"\n")
    text = path.read_bytes()
    for _ in range(2):
        with pytest.raises(VerificationError, match="TAMPERED"):
            left.open()
    assert path.read_bytes() == text
    assert not (left.directory / "quarantine").exists()


def test_shrink_is_sticky(log: Any, request_: Any, deny: Any, tmp_path: Path) -> None:
    with log.open() as logger:
        logger.intent(request_, deny)
    early = log.copy(tmp_path / "early")
    with log.open() as logger:
        logger.intent(request_, deny)
    for path in early.directory.iterdir():
        (log.directory / path.name).write_bytes(path.read_bytes())
    for shared in (False, True, False):
        with pytest.raises(VerificationError, match="TRUNCATED: the log has 2 events"):
            log.open(shared=shared).intent(request_, deny)


def test_a_log_rewritten_to_the_same_size_is_not_opened(
    log: Any, request_: Any, deny: Any, tmp_path: Path
) -> None:
    fork = log.copy(tmp_path / "fork")
    for one in (log, fork):
        with one.open() as logger:
            logger.intent(request_, deny)
    for path in fork.directory.iterdir():
        (log.directory / path.name).write_bytes(path.read_bytes())
    with pytest.raises(VerificationError, match="TAMPERED"):
        log.open()
    with fork.open():
        pass


def test_state_is_never_trusted(log: Any, filled: Any) -> None:
    with log.open() as logger:
        filled(logger)
    state = log.directory / "state"
    text = state.read_bytes()
    for place in range(0, len(text), 5):
        state.write_bytes(text[:place] + bytes([text[place] ^ 1]) + text[place + 1 :])
        with log.open():
            pass
        assert log.verify(log.checkpoint).verdict == "OK"
    state.unlink()
    with log.open():
        pass
    assert log.verify(log.checkpoint).verdict == "OK"


def test_lost_keys_refuse_to_start(log: Any, filled: Any, tmp_path: Path) -> None:
    with log.open() as logger:
        filled(logger)
    old = log.copy(tmp_path / "old")
    with log.open() as logger:
        logger.roll()
        filled(logger)
    for name in ("keyring.json", "deks.jsonl"):
        kept = (log.places.keys / name).read_bytes()
        (log.places.keys / name).unlink()
        with pytest.raises(VerificationError, match="audit_key_missing"):
            log.open()
        (log.places.keys / name).write_bytes(kept)
    (log.places.keys / "keyring.json").write_bytes((old.places.keys / "keyring.json").read_bytes())
    with pytest.raises(VerificationError, match="the key ring has version 1, the log knows 2"):
        log.open()
    log.places.provider.unlink()
    with pytest.raises(VerificationError, match="audit_key_missing"):
        log.open()
    assert not log.places.provider.exists()


def test_key_directory_inside_log_refused(log: Any, tmp_path: Path) -> None:
    """At its making, and where somebody moved it there later."""
    inside = log.directory / "keys"
    shutil.move(log.places.keys, inside)
    (tmp_path / "link").symlink_to(inside)
    for keys in (inside, tmp_path / "link", log.directory, log.directory.parent):
        with pytest.raises(UsageError, match="must lie apart"):
            AuditLogger.open(log.directory, keys, provider=log.places.provider)
    for keys in (tmp_path / "new" / "keys", tmp_path):
        root = tmp_path.parent / f"{tmp_path.name}.root"
        places = replace(log.places, directory=tmp_path / "new", keys=keys, root_key=root)
        with pytest.raises(UsageError, match="must lie apart"):
            create_log(places, "example.org/new/log")
    shutil.move(inside, log.places.keys)
    log.open().close()


def test_keys_beside_the_log_are_refused(log: Any, tmp_path: Path) -> None:
    inside = log.directory / "provider"
    shutil.copy2(log.places.provider, inside)
    with pytest.raises(UsageError, match="must not lie"):
        AuditLogger.open(log.directory, log.places.keys, provider=inside)
    with pytest.raises(UsageError, match="no audit log"):
        AuditLogger.open(tmp_path / "nowhere", log.places.keys, provider=log.places.provider)
    with pytest.raises(UsageError, match="is no audit log"):
        AuditLogger.open(tmp_path, log.places.keys, provider=log.places.provider)


def test_second_writer_refused_and_named(log: Any, request_: Any, deny: Any) -> None:
    with log.open(HASTY) as first:
        with pytest.raises(UnavailableError, match=f'"pid":{os.getpid()}'):
            log.open(HASTY)
        with pytest.raises(UnavailableError, match="another writer"):
            log.open(HASTY, shared=True).intent(request_, deny)
        first.intent(request_, deny)
    with log.open(HASTY) as second:
        second.intent(request_, deny)
    assert log.verify(log.checkpoint).verdict == "OK"


def test_a_forked_process_has_no_writer(log: Any, request_: Any, deny: Any) -> None:
    with log.open() as logger:
        logger.intent(request_, deny)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                logger.intent(request_, deny)
            except UnavailableError:
                code = 0
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        logger.intent(request_, deny)
    assert log.verify(log.checkpoint).verdict == "OK"


def test_low_disk_denies_actions_and_keeps_denials(
    log: Any, request_: Any, allow: Any, deny: Any
) -> None:
    marked = replace(SMALL, min_free_bytes=1_000_000)
    reserve = log.directory / "reserve"
    log.disk.free = 999_999
    logger = log.open(marked)
    with pytest.raises(UnavailableError, match="almost full"):
        logger.intent(request_, allow)
    assert not reserve.exists()
    logger.intent(request_, deny)
    logger.intent(request_, allow, enforced=False)
    log.disk.free = 1_000_001
    logger._store._writer._space._looked = float("-inf")
    with pytest.raises(UnavailableError, match="almost full"):
        logger.intent(request_, allow)
    log.disk.free = 2_000_000
    logger._store._writer._space._looked = float("-inf")
    logger.intent(request_, allow).outcome("success")
    assert reserve.stat().st_size == marked.reserve_bytes
    logger.close()
    found = log.verify(log.checkpoint)
    assert (found.verdict, found.lost) == ("OK", 2)


class _Steps(Clock):
    """A wall clock that jumps by a day, and 104 days of uptime."""

    def __init__(self) -> None:
        self.count = 0

    def wall_us(self) -> int:
        self.count += 1
        return 1_800_000_000_000_000 + (86_400_000_000 if self.count % 5 == 0 else 0) + self.count

    def boot_us(self) -> int:
        return 104 * 86_400_000_000 + self.count


def test_order_is_seq_not_time(log: Any, filled: Any) -> None:
    places = log.places
    opened = AuditLogger.open(
        places.directory, places.keys, provider=places.provider, settings=SMALL, clock=_Steps()
    )
    with opened as logger:
        filled(logger)
    found = log.verify(log.checkpoint)
    assert found.verdict == "OK"
    assert found.clock_steps > 1
    assert [record["seq"] for record in log.records()] == list(range(found.size))


def test_segments_end_by_size_and_by_settings(log: Any, filled: Any) -> None:
    with log.open(replace(SMALL, segment_bytes=4096)) as logger:
        filled(logger, 4)
    count = len(log.segments())
    assert count > 2
    assert all(path.stat().st_mode & 0o777 == 0o444 for path in log.segments()[:-1])
    with log.open(replace(SMALL, mode="checkpoint")) as logger:
        filled(logger)
    assert len(log.segments()) == count + 1
    with log.open(replace(SMALL, segment_seconds=0)) as logger:
        filled(logger)
    assert len(log.segments()) > count + 2
    assert log.verify(log.checkpoint).verdict == "OK"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_cannot_be_written(log: Any, request_: Any, allow: Any) -> None:
    log.directory.chmod(0o500)
    (log.directory / "seg-00000000000000000000.jsonl").chmod(0o400)
    with pytest.raises(UnavailableError, match="audit_unavailable"):
        log.open(shared=True).intent(request_, allow)
    log.directory.chmod(0o700)
