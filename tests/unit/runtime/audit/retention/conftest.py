"""A log that ages, and a clock that a test moves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.audit.conftest import DENY, ORIGIN, REQUEST, SMALL, Log, fill
from wilkc.runtime.audit import AuditLogger, Places, create_log
from wilkc.runtime.audit.clock import Clock

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.runtime.audit import AuditSettings

DAY_US = 86_400_000_000
START_US = 1_800_000_000_000_000
"""The 15th of January 2027."""
WEEK = replace(SMALL, retention_days=7, segment_seconds=100 * 86_400)
BIG = replace(REQUEST, context={"note": "x" * 40_000})


class Later(Clock):
    """Both clocks, some days later than when the log was made."""

    def __init__(self, days: float = 0, *, only_wall: float = 0) -> None:
        self.days = days
        self.only_wall = only_wall

    def wall_us(self) -> int:
        return START_US + round((self.days + self.only_wall) * DAY_US)

    def boot_us(self) -> int:
        return DAY_US + round(self.days * DAY_US)


def open_at(
    log: Any,
    clock: Clock,
    *,
    shared: bool = False,
    disk: Any = None,
    settings: AuditSettings = WEEK,
) -> AuditLogger:
    """A log opened on another day."""
    places = log.places
    return AuditLogger.open(
        places.directory, places.keys, provider=places.provider, settings=settings, shared=shared,
        disk=disk or log.disk, clock=clock,
    )  # fmt: skip


def made(folder: Path, settings: AuditSettings = WEEK) -> Log:
    """A new log, of the first day."""
    folder.mkdir()
    places = Places(folder / "log", folder / "keys", folder / "provider", folder / "root.key")
    return Log(places, create_log(places, ORIGIN, settings, clock=Later(0)))


@pytest.fixture
def aged(tmp_path: Path) -> Any:
    """A log of four segments, of days 0, 3, 6 and 12; blobs in the first two."""
    log = made(tmp_path / "aged")
    for day in (0, 3, 6):
        with open_at(log, Later(day)) as logger:
            fill(logger)
            if day < 6:
                logger.intent(BIG, DENY)
            logger.roll()
    with open_at(log, Later(12)) as logger:
        fill(logger)
    return log
