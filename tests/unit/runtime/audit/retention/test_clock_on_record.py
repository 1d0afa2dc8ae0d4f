"""What destroys believes the clock only by records of a log that verifies."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.audit.conftest import fill
from tests.unit.runtime.audit.retention.conftest import WEEK, Later, made, open_at
from wilkc.core.audit_settings import ContentDays
from wilkc.core.errors import GateError
from wilkc.runtime.audit.retention import (
    House,
    clock_doubt,
    confirm_clock,
    expire,
    keep_house,
    prune,
)

if TYPE_CHECKING:
    from pathlib import Path

MONTHS = replace(WEEK, content_days=ContentDays(security=7, access=7, operation=7))
LATE = 60


def _files(log: Any) -> set[str]:
    return {path.name for path in log.directory.glob("seg-*.jsonl")}


def _kids(log: Any) -> set[str]:
    return {key.kid for key in log.keys().data.keys}


@pytest.fixture
def content(tmp_path: Path) -> Any:
    """A log of one month, whose content is kept for a week."""
    log = made(tmp_path / "log", MONTHS)
    with open_at(log, Later(0), settings=MONTHS) as logger:
        fill(logger)
    return log


def test_nothing_is_pruned_by_a_clock_that_was_set(aged: Any) -> None:
    """Nobody looked before, or what was looked at said otherwise."""
    files = _files(aged)
    with open_at(aged, Later(12.5, only_wall=LATE)) as logger:
        with pytest.raises(GateError, match="the clock went forward by 60 days"):
            prune(logger)
        assert files <= _files(aged)
        confirm_clock(logger)
        assert len(prune(logger)) == 3
    assert not files <= _files(aged)


def test_nothing_expires_by_a_clock_that_was_set(content: Any) -> None:
    kids = _kids(content)
    with open_at(content, Later(1, only_wall=LATE), settings=MONTHS) as logger:
        with pytest.raises(GateError, match="the clock went forward by 60 days"):
            expire(logger)
        assert _kids(content) == kids
        confirm_clock(logger)
        assert set(expire(logger).destroyed) == kids
    assert not _kids(content) & kids


def test_what_is_due_by_the_right_clock_expires(content: Any) -> None:
    kids = _kids(content)
    with open_at(content, Later(LATE), settings=MONTHS) as logger:
        assert set(expire(logger).destroyed) == kids


def test_the_clock_is_compared_after_the_log_was_read(aged: Any) -> None:
    """It may be set while the log is verified, which takes a while."""

    class Set(Later):
        def wall_us(self) -> int:
            return super().wall_us() + (LATE * 86_400_000_000 if self.asked else 0)

        asked = False

    clock = Set(12)
    with open_at(aged, clock) as logger:
        fill(logger)
        clock.asked = True
        with pytest.raises(GateError, match="nothing is destroyed"):
            prune(logger)


def test_a_step_and_its_way_back_within_a_segment_are_seen(aged: Any) -> None:
    for days, wall in ((12.1, 5), (12.2, 0)):
        with open_at(aged, Later(days, only_wall=wall)) as logger:
            fill(logger)
    with open_at(aged, Later(13)) as logger:
        assert clock_doubt(aged.directory, Later(13)) is None
        with pytest.raises(GateError, match="the clock went forward by 5 days"):
            prune(logger)


def test_housekeeping_goes_on_and_tells(aged: Any) -> None:
    with open_at(aged, Later(12.5, only_wall=LATE)) as logger:
        chores = keep_house(logger, House())
    assert not chores.bad
    assert any(
        one.startswith("pruning: nothing is destroyed: the clock went") for one in chores.skipped
    )
