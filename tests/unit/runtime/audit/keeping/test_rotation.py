"""Rotation: by due date, through every crash, with every step on record."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.cli.keeping import Keeper
from wilkc.core.errors import UnavailableError, UsageError, VerificationError
from wilkc.runtime.audit.keeping import rotate, work_due
from wilkc.runtime.audit.retention import clock_doubt
from wilkc.runtime.audit.sealing import open_member
from wilkc.runtime.keys import Rotation

if TYPE_CHECKING:
    from tests.unit.runtime.audit.keeping.conftest import Kept
    from wilkc.core.contract import Decision, Request

KEY_TYPES = ("key.created", "key.rotated", "key.destroyed")


def _opens(kept: Kept, record: dict[str, Any]) -> bytes:
    return open_member(record, "input", kept.log.keys(), kept.log.directory)


def _states(kept: Kept) -> list[str]:
    return [key.state for key in kept.log.keys().ring.keys if key.use == "kek"]


def test_nothing_is_due_before_its_day(kept: Kept) -> None:
    with kept.open() as logger:
        kept.clock.days = 89
        assert not work_due(logger.means)
        assert rotate(logger) == ()
        kept.clock.days = 90
        assert work_due(logger.means)
        told = rotate(logger)
        assert [line.split()[0] for line in told] == ["created", "rotated"]
        assert not work_due(logger.means)
    assert _states(kept) == ["decrypt_only", "active"]
    assert [one["action"]["type"] for one in kept.of_type(*KEY_TYPES)] == list(KEY_TYPES[:2])


def test_the_old_key_is_destroyed_after_its_overlap(kept: Kept) -> None:
    with kept.open() as logger:
        rotate(logger, force=True)
        kept.clock.days = 29
        assert rotate(logger) == ()
        kept.clock.days = 30
        assert work_due(logger.means)
        assert [line.split()[0] for line in rotate(logger)] == ["destroyed"]
    assert _states(kept) == ["destroyed", "active"]
    assert kept.log.verify().verdict == "OK_UNANCHORED"


def test_opens_after_30_rotations(kept: Kept, request_: Request, allow: Decision) -> None:
    with kept.open() as logger:
        logger.intent(request_, allow).outcome("success")
    record = kept.of_type("file.read")[0]
    before = _opens(kept, record)
    with kept.open() as logger:
        for _ in range(30):
            kept.clock.days += 91
            rotate(logger)
    states = _states(kept)
    assert states[-1] == "active"
    assert states.count("destroyed") == 29
    assert _opens(kept, record) == before
    kids = [key.kid for key in kept.log.keys().ring.keys]
    assert len(set(kids)) == len(kids)
    assert kept.log.verify().verdict == "OK_UNANCHORED"


def test_no_alias_in_records(kept: Kept, request_: Request, allow: Decision) -> None:
    with kept.open() as logger:
        for _ in range(2):
            logger.intent(request_, allow).outcome("success")
            rotate(logger, force=True)
    kids = [one["sealed"]["input"]["kid"] for one in kept.of_type("file.read") if one["sealed"]]
    assert kids[0] == kids[1]
    assert all(len(kid) == 32 and int(kid, 16) >= 0 for kid in kids)


def test_a_crash_at_any_call_loses_nothing(
    kept: Kept, request_: Request, allow: Decision, dying: Any
) -> None:
    with kept.open() as logger:
        logger.intent(request_, allow).outcome("success")
    record = kept.of_type("file.read")[0]
    before, survived = _opens(kept, record), 0
    for left in range(80):
        place = kept.log.directory.parent / f"copy {left}"
        one = type(kept)(kept.log.copy(place))
        disk = dying(10**6)
        logger = one.open(disk)
        disk.left = left
        try:
            rotate(logger, force=True)
            survived += 1
        except (OSError, UnavailableError):
            pass
        disk.left = 10**6
        logger._store._writer.abandon()
        with one.open() as again:
            rotate(again)
            assert not work_due(again.means)
        _check_after_crash(one)
        assert _opens(one, record) == before
        shutil.rmtree(place)
        if survived == 2:
            break
    assert survived == 2
    assert left > 8


def _check_after_crash(one: Kept) -> None:
    states = _states(one)
    assert states in (["active"], ["decrypt_only", "active"])
    named = [(record["action"]["type"], record["action"]["details"]["kid"])
             for record in one.of_type(*KEY_TYPES)]  # fmt: skip
    keks = [key for key in one.log.keys().ring.keys if key.use == "kek"][1:]
    assert sorted(named) == sorted(
        (kind, key.kid) for key in keks for kind in ("key.created", "key.rotated")
    )
    assert one.log.verify().verdict == "OK_UNANCHORED"


def test_an_older_ring_put_back_is_refused(kept: Kept) -> None:
    ring = kept.log.places.keys / "keyring.json"
    with kept.open() as logger:
        rotate(logger, force=True)
    old = ring.read_bytes()
    with kept.open() as logger:
        rotate(logger, force=True)
    newest = ring.read_bytes()
    ring.write_bytes(old)
    with pytest.raises(VerificationError, match=r"the log knows|which the key ring lacks"):
        kept.open()
    ring.write_bytes(newest)
    kept.open().close()


def test_an_older_ring_is_refused_after_a_crash_too(kept: Kept, dying: Any) -> None:
    ring = kept.log.places.keys / "keyring.json"
    old = ring.read_bytes()
    disk = dying(10**6)
    logger = kept.open(disk)
    logger.roll = _die  # type: ignore[method-assign]
    with pytest.raises(OSError, match="dead"):
        rotate(logger, force=True)
    logger._store._writer.abandon()
    ring.write_bytes(old)
    with pytest.raises(VerificationError, match="has version 1, the log knows 3"):
        kept.open()


def _die() -> None:
    raise OSError(5, "dead")


def test_wraps_by_a_destroyed_key_are_refused(
    kept: Kept, request_: Request, allow: Decision
) -> None:
    wraps = kept.log.places.keys / "deks.jsonl"
    with kept.open() as logger:
        logger.intent(request_, allow).outcome("success")
        old = wraps.read_bytes()
        rotate(logger, force=True)
        kept.clock.days = 31
        rotate(logger)
    newest = wraps.read_bytes()
    assert newest != old
    wraps.write_bytes(old)
    with pytest.raises(VerificationError, match="which the key ring lacks"):
        kept.open()
    wraps.write_bytes(newest)
    kept.open().close()


def test_a_key_with_wraps_left_is_not_destroyed(
    kept: Kept, request_: Request, allow: Decision
) -> None:
    wraps = kept.log.places.keys / "deks.jsonl"
    with kept.open() as logger:
        logger.intent(request_, allow).outcome("success")
        old = wraps.read_bytes()
        rotate(logger, force=True)
    wraps.write_bytes(old)  # an older copy, put back within the overlap
    kept.clock.days = 31
    with kept.open() as logger:
        assert rotate(logger) == ()
        assert _states(kept) == ["decrypt_only", "active"]
        rotate(logger, force=True)
    assert _states(kept) == ["destroyed", "decrypt_only", "active"]


def test_a_shared_log_is_not_rotated(kept: Kept) -> None:
    with kept.open(shared=True) as logger, pytest.raises(UsageError, match="shared"):
        rotate(logger, force=True)


def test_settings_decide_the_days(kept: Kept) -> None:
    rotation = Rotation(days=10, overlap_days=2)
    with kept.open() as logger:
        rotate(logger, force=True, rotation=rotation)
        kept.clock.days = 10
        told = rotate(logger, rotation=rotation)
    assert [line.split()[0] for line in told] == ["created", "rotated", "destroyed"]


@pytest.mark.parametrize(("days", "first"), [(10, 10), (400, 90)])
def test_the_logs_own_settings_decide_the_days(kept: Kept, days: int, first: int) -> None:
    """A key that is in use is due as it was made, or sooner; the next one as told."""
    with kept.open(key_rotation_days=days, kek_overlap_days=2) as logger:
        kept.clock.days = first - 1
        assert not work_due(logger.means)
        kept.clock.days = first
        assert work_due(logger.means)
        assert [line.split()[0] for line in rotate(logger)] == ["created", "rotated"]
        kept.clock.days = first + 2
        assert next(line.split()[0] for line in rotate(logger)) == "destroyed"
        kept.clock.days = first + days - 1
        assert not work_due(logger.means)
        kept.clock.days = first + days
        assert work_due(logger.means)


@pytest.mark.parametrize("days", [-2, 2, 400])
def test_a_clock_that_was_set_is_doubted(kept: Kept, stepped: Any, days: int) -> None:
    with kept.open() as logger:
        rotate(logger, force=True)
    doubt = clock_doubt(kept.log.directory, stepped(days))
    assert doubt is not None
    assert f"{abs(days)} days" in doubt
    assert clock_doubt(kept.log.directory, kept.clock) is None
    kept.clock.days = 31
    assert clock_doubt(kept.log.directory, kept.clock) is None
    with kept.open() as logger:
        assert rotate(logger, may_destroy=False) == ()
        assert _states(kept) == ["decrypt_only", "active"]
        assert rotate(logger) != ()


def test_a_key_from_the_future_is_replaced(kept: Kept) -> None:
    kept.clock.days = 4000
    with kept.open() as logger:
        rotate(logger)
        kept.clock.days = 1
        assert work_due(logger.means)
        rotate(logger)
        assert not work_due(logger.means)


def test_a_step_stays_doubted_until_a_person_confirms_it_on_record(
    kept: Kept, stepped: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, directory = stepped(400), kept.log.directory
    monkeypatch.setattr(kept.clock, "wall_us", clock.wall_us)
    with kept.open() as logger:
        logger.roll()
    doubt = clock_doubt(directory, clock)  # the last record alone would tell of none
    assert doubt is not None
    with kept.open() as logger:
        Keeper(logger, doubt).work(force=False, confirmed=False)
        assert clock_doubt(directory, clock) is not None
        Keeper(logger, doubt).work(force=False, confirmed=True)
    assert clock_doubt(directory, clock) is None
