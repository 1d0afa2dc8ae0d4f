"""A log whose clock a test moves, and a disk that dies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.runtime.audit import AuditLogger, AuditSettings
from wilkc.runtime.audit.clock import Clock
from wilkc.runtime.disk import Disk

if TYPE_CHECKING:
    from pathlib import Path

DAY_US = 86_400_000_000


class MovedClock(Clock):
    """The host's clocks, so many days ahead."""

    def __init__(self) -> None:
        self.days = 0

    def wall_us(self) -> int:
        return super().wall_us() + self.days * DAY_US

    def boot_us(self) -> int:
        return super().boot_us() + self.days * DAY_US


class SteppedClock(Clock):
    """A wall clock that was set, while the kernel's own goes on."""

    def __init__(self, days: int) -> None:
        self.days = days

    def wall_us(self) -> int:
        return super().wall_us() + self.days * DAY_US


class DyingDisk(Disk):
    """Does so many calls; then the process is as good as dead."""

    def __init__(self, left: int) -> None:
        self.left = left

    def _called(self) -> None:
        if self.left <= 0:
            raise OSError(5, "the process is dead")
        self.left -= 1

    def write(self, fd: int, data: bytes) -> None:
        self._called()
        super().write(fd, data)

    def replace(self, source: Path, target: Path) -> None:
        self._called()
        super().replace(source, target)

    def unlink(self, path: Path) -> None:
        self._called()
        super().unlink(path)


@dataclass
class Kept:
    """A log with a clock of its own."""

    log: Any
    clock: MovedClock = field(default_factory=MovedClock)

    def open(
        self, disk: Disk | None = None, *, shared: bool = False, **settings: Any
    ) -> AuditLogger:
        places = self.log.places
        return AuditLogger.open(
            places.directory,
            places.keys,
            provider=places.provider,
            settings=AuditSettings(
                reserve_bytes=4096, min_free_bytes=0, wait_ms=60_000, **settings
            ),
            shared=shared,
            disk=disk or Disk(),
            clock=self.clock,
        )

    def of_type(self, *kinds: str) -> list[dict[str, Any]]:
        return [one for one in self.log.records() if one["action"]["type"] in kinds]


@pytest.fixture
def kept(log: Any) -> Kept:
    """An empty log."""
    return Kept(log)


@pytest.fixture
def dying() -> type[DyingDisk]:
    """The disk of a process that dies."""
    return DyingDisk


@pytest.fixture
def stepped() -> type[SteppedClock]:
    """A clock that was set."""
    return SteppedClock
