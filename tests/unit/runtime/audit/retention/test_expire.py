"""Content expires with its month's key; the record stays, and a hold keeps both."""

from __future__ import annotations

import errno
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.audit.conftest import ALLOW, REQUEST, fill
from tests.unit.runtime.audit.retention.conftest import WEEK, Later, made, open_at
from wilkc.core.audit_settings import ContentDays
from wilkc.core.errors import UnavailableError, VerificationError
from wilkc.runtime.audit.retention import Selector, expire, place_hold, release_hold
from wilkc.runtime.audit.sealing import open_member

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = replace(
    WEEK, retention_days=400, content_days=ContentDays(security=365, access=180, operation=90)
)
END_OF_MONTH = 17
"""Days from the first day of the log until its month is over."""


@pytest.fixture
def log(tmp_path: Path) -> Any:
    """A log of one month with content of all three classes."""
    log = made(tmp_path / "log", SETTINGS)
    with open_at(log, Later(0), settings=SETTINGS) as logger:
        fill(logger)
        logger.intent(REQUEST, ALLOW).outcome("success", details={"path": "x"})
    return log


def _opens(log: Any) -> dict[str, bool]:
    """Class to whether its sealed content opens."""
    found = {}
    keys = log.keys()
    for record in log.records():
        for path in record["sealed"]:
            try:
                open_member(record, path, keys, log.directory)
            except VerificationError:
                found[record["class"]] = False
            else:
                found[record["class"]] = True
    return found


@pytest.mark.parametrize(
    ("days", "left"),
    [
        (END_OF_MONTH + 89, {"security", "access", "operation"}),
        (END_OF_MONTH + 91, {"security", "access"}),
        (END_OF_MONTH + 179, {"security", "access"}),
        (END_OF_MONTH + 181, {"security"}),
        (END_OF_MONTH + 366, set()),
    ],
)
def test_each_class_has_its_time(log: Any, days: int, left: set[str]) -> None:
    assert set(_opens(log)) == {"security", "access", "operation"}
    with open_at(log, Later(days), settings=SETTINGS) as logger:
        expire(logger)
        assert expire(logger).destroyed == ()
    assert {name for name, opens in _opens(log).items() if opens} == left
    told = [one for one in log.records() if one["action"]["type"] == "key.destroyed"]
    assert sum(len(one["action"]["details"]["kids"]) for one in told) == 3 - len(left)
    assert log.verify(log.checkpoint).verdict == "OK"


def test_content_expires_with_its_record_at_the_latest(log: Any) -> None:
    short = replace(SETTINGS, retention_days=7)
    with open_at(log, Later(END_OF_MONTH + 8), settings=short) as logger:
        assert len(expire(logger).destroyed) == 3


@pytest.mark.parametrize(
    ("selector", "left"),
    [
        (Selector(agent="reviewer"), {"security", "access", "operation"}),
        (Selector(agent="writer"), set()),
        (Selector(first=1, last=1), {"access"}),
        (Selector(first=10**6), set()),
    ],
)
def test_one_record_under_hold_keeps_the_key_of_its_month(
    log: Any, selector: Selector, left: set[str]
) -> None:
    with open_at(log, Later(END_OF_MONTH + 400), settings=SETTINGS) as logger:
        name, _ = place_hold(logger, log.directory, selector)
        done = expire(logger)
        assert len(done.held) == len(left)
        assert {name for name, opens in _opens(log).items() if opens} == left
        release_hold(logger, log.directory, name)
        assert expire(logger).held == ()
    assert not any(_opens(log).values())


def test_no_key_is_destroyed_before_that_is_on_record(log: Any) -> None:
    logger = open_at(log, Later(END_OF_MONTH + 400), settings=SETTINGS)
    log.disk.break_at("datasync", errno.EIO)
    with pytest.raises(UnavailableError):
        expire(logger)
    assert all(_opens(log).values())
    log.disk.mend()
    assert len(expire(logger).destroyed) == 3
    logger.close()
    assert log.verify(log.checkpoint).verdict == "OK"
