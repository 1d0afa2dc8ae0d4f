"""Records about keys outlive their time while something rests on them, and no longer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.audit.conftest import DENY, REQUEST
from tests.unit.runtime.audit.retention.conftest import Later, made, open_at
from wilkc.runtime.audit import Actor, Event
from wilkc.runtime.audit.keeping import (
    confirm_destroyed,
    export_copy,
    keep_keys,
    pending_erasures,
    read_ledger,
    rotate,
    settle_erasures,
    shred,
)
from wilkc.runtime.audit.keeping.ledger import DESTROYED, trusted_ledger
from wilkc.runtime.audit.own import WILK
from wilkc.runtime.audit.retention import Selector, place_hold, prune, release_hold

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.runtime.audit import AuditLogger

ALICE = "alice@example.org"
BOB = "bob@example.org"
PASSPHRASE = b"four random words here"
OVER = 31.0
"""A day by which the keys that an erasure of the first day replaced are gone."""


def _login(logger: AuditLogger, *persons: str) -> None:
    for person in persons:
        logger.system(Event("auth.login", "session:1", Actor("user", person)))


@pytest.fixture
def log(tmp_path: Path) -> Any:
    """A log about two persons, of the first day."""
    log = made(tmp_path / "log")
    with open_at(log, Later(0)) as logger:
        _login(logger, ALICE, BOB)
    return log


def _pruned(log: Any, day: float) -> list[int]:
    """The first records of the segments that go on a day."""
    with open_at(log, Later(day)) as logger:
        logger.intent(REQUEST, DENY)
        return [one.first for one in prune(logger)]


def _exported(log: Any, target: Path, *, days: int) -> str:
    with open_at(log, Later(0)) as logger:
        name = export_copy(logger, target, PASSPHRASE, days=days)
        logger.roll()
    return name


def _shredded(log: Any, day: float = 0) -> str:
    with open_at(log, Later(day)) as logger:
        return shred(logger, ALICE, "asked").id


def _completed(log: Any, day: float) -> tuple[str, ...]:
    with open_at(log, Later(day)) as logger:
        rotate(logger)
        done = settle_erasures(logger)
        logger.roll()
        return done


def test_an_erasure_waits_for_a_copy_whose_record_is_past_its_time(
    log: Any, tmp_path: Path
) -> None:
    name = _exported(log, tmp_path / "copy", days=100)
    assert _pruned(log, 20) == []
    erasure = _shredded(log, 20)
    assert _completed(log, 20 + OVER) == ()
    with open_at(log, Later(20 + OVER)) as logger:
        assert pending_erasures(logger)[0].exports == (name,)
        assert pending_erasures(logger)[0].keys == ()
    assert _completed(log, 101) == (erasure,)
    assert 0 in _pruned(log, 101)


def test_a_copy_that_is_gone_keeps_nothing(log: Any, tmp_path: Path) -> None:
    _exported(log, tmp_path / "copy", days=5)
    assert _pruned(log, 20) == [0]


def test_a_copy_that_was_confirmed_gone_keeps_nothing(log: Any, tmp_path: Path) -> None:
    name = _exported(log, tmp_path / "copy", days=100)
    with open_at(log, Later(1)) as logger:
        confirm_destroyed(logger, name)
        logger.roll()
    assert len(_pruned(log, 20)) == 2
    assert read_ledger(log.directory).exports == {}


def test_an_erasure_that_waits_is_not_forgotten(log: Any) -> None:
    erasure = _shredded(log)
    assert _pruned(log, 20) == []
    assert [one.id for one in read_ledger(log.directory).erasures.values()] == [erasure]
    assert _completed(log, OVER) == (erasure,)
    assert 0 in _pruned(log, 2 * OVER)
    assert log.verify(log.checkpoint, accept_pruned=True).verdict == "OK"


def test_the_keys_are_kept_though_an_erasure_is_pruned_up_to_its_end(log: Any) -> None:
    """What it began with goes before its last record, which the next ones must be able to read."""
    erasure = _shredded(log)
    _completed(log, OVER)
    assert 0 in _pruned(log, OVER)
    kinds = [one["action"]["type"] for one in log.records()]
    assert "erasure.requested" not in kinds
    with open_at(log, Later(OVER)) as logger:
        for ledger in (read_ledger(log.directory), trusted_ledger(logger)):
            assert ledger.erasures[erasure].complete
        kept = keep_keys(logger, force=True)
        assert (kept.stopped, [one for one in kept.done if erasure in one]) == ((), [])
        assert settle_erasures(logger) == ()
        assert pending_erasures(logger) == ()
        # Another person can be erased all the same.
        assert shred(logger, BOB, "asked").id != erasure
    assert log.verify(log.checkpoint, accept_pruned=True).verdict == "OK"


def test_the_end_of_an_erasure_stays_as_long_as_its_beginning(log: Any) -> None:
    """Else it would be begun or certified once more."""
    erasure = _shredded(log)
    _completed(log, OVER)
    with open_at(log, Later(OVER)) as logger:
        place_hold(logger, log.directory, Selector(first=0, last=0), "case")
        logger.roll()
    _pruned(log, 2 * OVER)
    assert read_ledger(log.directory).erasures[erasure].complete
    with open_at(log, Later(2 * OVER)) as logger:
        assert settle_erasures(logger) == ()
        release_hold(logger, log.directory, "case")
    assert _pruned(log, 3 * OVER)
    assert read_ledger(log.directory).erasures == {}


def test_an_erasure_whose_beginning_is_not_in_the_log_is_pending(log: Any) -> None:
    details = {
        "certificate": None, "erasure": "erasure-1", "keks": ["k"], "kids": ["d"],
        "providers": ["p"], "ring": 1, "state": "pending", "subject": "s_" + "0" * 32,
    }  # fmt: skip
    with open_at(log, Later(1)) as logger:
        event = Event(DESTROYED, "subject:x", WILK, details=details, clear=True)
        seq = logger.system(event).seq
    (one,) = read_ledger(log.directory).erasures.values()
    assert (one.id, one.subject, one.seq) == ("erasure-1", details["subject"], seq)
    assert (one.kids, one.keks, one.providers) == (("d",), ("k",), ("p",))
    assert not one.complete
