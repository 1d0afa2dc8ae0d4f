"""Reports from a log of which retention took something, and what sampling left out of one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.audit.conftest import ALLOW, REQUEST, SMALL, fill, make_log
from tests.unit.runtime.audit.retention.conftest import WEEK, Later, made, open_at
from wilkc.cli.scheduled_reports import first_whole_month
from wilkc.runtime.audit.retention import Selector, back_up, place_hold, prune
from wilkc.runtime.compliance import UnverifiedLogError, Wanted, make_report, read_period
from wilkc.runtime.compliance.detect import settings_event

if TYPE_CHECKING:
    from pathlib import Path

DAYS = ("2027-01-15", "2027-01-18", "2027-01-21", "2027-01-27")
"""When the segments of the log were written."""


@pytest.fixture
def pruned(tmp_path: Path) -> Any:
    """A log of four days, of which the first two were pruned."""
    log = made(tmp_path / "log")
    for day in (0, 3, 6):
        with open_at(log, Later(day)) as logger:
            fill(logger)
            logger.roll()
    with open_at(log, Later(12)) as logger:
        fill(logger)
        assert len(prune(logger)) == 2
    return log


def report(log: Any, start: str, end: str = "2027-02-28", checkpoint: str = "") -> dict[str, Any]:
    period = read_period(start, end)
    return make_report(
        log.directory, log.root, Wanted("GDPR", period, checkpoint or log.checkpoint)
    )


def test_what_was_pruned_before_the_period_is_no_part_of_it(pruned: Any) -> None:
    body = report(pruned, DAYS[2])
    later = [one for one in pruned.records() if one["ts"] >= DAYS[2]]
    assert body["summary"]["total_events"] == len(later)
    assert body["summary"]["pruned"] == 16
    cited = {one["id"]: one["evidence"] for one in body["controls"]}["5(1)(e)"]
    assert {"records pruned": 2}.items() <= {one["name"]: one["count"] for one in cited}.items()


@pytest.mark.parametrize("start", ["2026-01-01", DAYS[0], DAYS[1]])
def test_of_a_period_that_lacks_records_there_is_no_report(pruned: Any, start: str) -> None:
    with pytest.raises(UnverifiedLogError) as caught:
        report(pruned, start)
    assert caught.value.found.verdict == "INCOMPLETE"
    assert caught.value.found.reasons == (
        "INCOMPLETE: events 0 to 15 were pruned, and may be of the period",
    )


def test_what_a_hold_kept_in_between_hides_no_gap(tmp_path: Path) -> None:
    log = made(tmp_path / "log")
    for day in (0, 3, 6):
        with open_at(log, Later(day)) as logger:
            fill(logger)
            logger.roll()
    with open_at(log, Later(30)) as logger:
        place_hold(logger, log.directory, Selector(first=1, last=1), "case-7")
        assert len(prune(logger)) == 2
    with pytest.raises(UnverifiedLogError, match="no report") as caught:
        report(log, DAYS[0])
    assert "events 8 to 23 were pruned" in caught.value.found.reasons[0]
    assert report(log, "2027-02-14")["summary"]["total_events"]


def test_a_checkpoint_within_what_was_pruned_hides_no_gap(tmp_path: Path) -> None:
    """Nothing of what it covers may be left, or nothing after it."""
    log = made(tmp_path / "log")
    with open_at(log, Later(0)) as logger:
        fill(logger)
    old = log.checkpoint
    with open_at(log, Later(0)) as logger:
        logger.roll()
    with open_at(log, Later(12)) as logger:
        assert len(prune(logger)) == 1
    copy = replace(log, places=replace(log.places, directory=tmp_path / "copy"))
    back_up(log.directory, copy.directory)
    for one in (log, copy):
        with pytest.raises(UnverifiedLogError) as caught:
            report(one, DAYS[0], checkpoint=old if one is log else copy.checkpoint)
        assert caught.value.found.verdict == "INCOMPLETE"


def test_what_sampling_left_out_is_counted(tmp_path: Path) -> None:
    log = make_log(tmp_path / "log")
    with log.open(replace(SMALL, sample_permille=0)) as logger:
        for _ in range(7):
            logger.intent(REQUEST, ALLOW).outcome("success")
    assert log.verify().sampled == 7
    period = read_period("2020-01-01", "2099-12-31")
    body = make_report(log.directory, log.root, Wanted("SOC2", period, log.checkpoint))
    assert body["summary"]["sampled"] == 7


def test_a_month_of_which_records_are_gone_is_not_due(pruned: Any, tmp_path: Path) -> None:
    assert first_whole_month(pruned.directory) == "2027-02"
    log = made(tmp_path / "whole")
    assert first_whole_month(log.directory)[:7] == "2027-01"


def test_the_settings_in_force_stay_on_record(tmp_path: Path) -> None:
    """Else every report after the pruning of their declaration would call them undeclared."""
    log = made(tmp_path / "log")
    with open_at(log, Later(0)) as logger:
        logger.system(settings_event(WEEK))
        logger.roll()
    for day in (3, 6):
        with open_at(log, Later(day)) as logger:
            fill(logger)
            logger.roll()
    with open_at(log, Later(14)) as logger:
        assert len(prune(logger)) == 3
        fill(logger)
        assert prune(logger) == ()
    told = [one for one in log.records() if one["action"]["resource"] == "log:settings"]
    assert [one["action"]["details"] for one in told] == [settings_event(WEEK).details]
    assert log.verify(accept_pruned=True).ok
