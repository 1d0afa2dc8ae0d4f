"""Rules run over a real log: once each, whatever crashes in between, by one at a time."""

from __future__ import annotations

import errno
import fcntl
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.audit.conftest import ALLOW, DENY, REQUEST, SMALL, FaultyDisk, Log, make_log
from wilkc.core.contract import Condition
from wilkc.core.errors import UnavailableError, VerificationError
from wilkc.core.strict_json import decode_json
from wilkc.runtime.audit import Actor, Event
from wilkc.runtime.compliance import detect

if TYPE_CHECKING:
    from pathlib import Path

VIOLATION = "compliance.violation"
BOUND = replace(ALLOW, conditions=(Condition("limit.0", "output_limit"),))
UNSIGNED = Event("policy.activated", "policy:org", Actor("system", "wilk"), clear=True)


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """A log in which R2, R3 and R4 are broken."""
    log = make_log(tmp_path / "a log")
    with log.open() as logger:
        logger.intent(REQUEST, BOUND).outcome("success")
        logger.intent(REQUEST, DENY)
        logger.system(UNSIGNED)
    return log


def run(log: Log, disk: FaultyDisk | None = None) -> list[str]:
    with log.open() as logger:
        found = detect(logger, log.directory, log.places.keys, disk)
    return [one.rule for one in found]


def violations(log: Log) -> list[dict[str, Any]]:
    return [one for one in log.records() if one["action"]["type"] == VIOLATION]


def test_a_miss_becomes_a_record_that_names_rule_and_cause(log: Log) -> None:
    causes = [one for one in log.records() if one["phase"] == "outcome"]
    assert run(log) == ["R4", "R2", "R3"]
    stored = violations(log)[0]
    assert stored["ref"] == causes[0]["id"]
    assert stored["action"]["details"]["rule"] == "R4"
    assert stored["action"]["details"]["severity"] == "high"
    assert "SOC2:CC6.1" in stored["action"]["details"]["controls"]
    assert log.verify(log.checkpoint).verdict == "OK"


def test_a_second_run_adds_nothing(log: Log) -> None:
    run(log)
    before = log.records()
    assert run(log) == []
    assert log.records() == before


def test_a_replay_from_the_beginning_adds_nothing(log: Log) -> None:
    run(log)
    before = len(log.records())
    (log.places.keys / "compliance.json").unlink()
    assert run(log) == []
    assert len(log.records()) == before
    assert log.verify(log.checkpoint).verdict == "OK"


def test_what_comes_later_is_judged_with_what_was_before(log: Log) -> None:
    with log.open() as logger:
        intent = logger.intent(REQUEST, BOUND)
        assert len(detect(logger, log.directory, log.places.keys)) == 3
        intent.outcome("success")
        found = detect(logger, log.directory, log.places.keys)
    assert [one.rule for one in found] == ["R4"]


def test_killed_before_the_place_is_kept_the_next_run_adds_nothing_twice(log: Log) -> None:
    disk = FaultyDisk()
    disk.break_at("replace", errno.ENOSPC)
    with pytest.raises(UnavailableError, match="cannot write"):
        run(log, disk)
    assert len(violations(log)) == 3
    assert run(log) == []
    assert len(violations(log)) == 3
    assert log.verify(log.checkpoint).verdict == "OK"


def test_the_settings_are_declared_once_and_again_when_they_change(log: Log) -> None:
    def declared() -> list[dict[str, Any]]:
        found = [one["action"] for one in log.records()]
        return [one["details"] for one in found if one["resource"] == "log:settings"]

    run(log)
    run(log)
    assert [one["retention_days"] for one in declared()] == [SMALL.retention_days]
    loose = replace(SMALL, retention_days=30)
    with log.open(loose) as logger:
        detect(logger, log.directory, log.places.keys)
        detect(logger, log.directory, log.places.keys)
    assert [one["retention_days"] for one in declared()] == [SMALL.retention_days, 30]
    assert [one["action"]["details"]["rule"] for one in violations(log)][-1] == "R11"


def test_one_detector_works_on_a_log_at_a_time(log: Log) -> None:
    fd = os.open(log.places.keys / "compliance.lock", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        with pytest.raises(UnavailableError, match="at work"):
            run(log)
    finally:
        os.close(fd)
    assert run(log) == ["R4", "R2", "R3"]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"v":"wilk.compliance/v2"}', "\x00"])
def test_a_damaged_place_is_refused_and_said(log: Log, text: str) -> None:
    (log.places.keys / "compliance.json").write_text(text)
    with pytest.raises(VerificationError, match="damaged"):
        run(log)


def test_a_place_of_rules_that_knew_less_is_given_up(log: Log) -> None:
    run(log)
    before = log.records()
    (log.places.keys / "compliance.json").write_text('{"v":"wilk.compliance/v1"}')
    assert run(log) == []
    assert log.records() == before
    place = decode_json((log.places.keys / "compliance.json").read_bytes())
    assert place["v"] == "wilk.compliance/v2"
    assert place["judge"]["known"]["segments"]


def test_a_log_that_was_cut_is_refused(log: Log, tmp_path: Path) -> None:
    run(log)
    other = make_log(tmp_path / "other")
    place = (log.places.keys / "compliance.json").read_bytes()
    (other.places.keys / "compliance.json").write_bytes(place)
    with pytest.raises(VerificationError):
        run(other)
