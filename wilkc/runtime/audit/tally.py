"""What a verification counts and reports without judging it. Layer: runtime. Pure.

Clocks are the host's claim: a step is worth knowing and proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from wilkc.runtime.audit.segment import LOST, RECOVERED

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_CLOCK_STEP_US: Final = 1_000_000
_SAMPLED: Final = "system.sampled"
_OF_KEYS: Final = "key."


@dataclass(slots=True)
class Tally:
    """Counts over the records seen so far.

    Attributes:
        first: time of the first record, or None.
        last: time of the last record, or None.
        recoveries: how often a crash or a write error was repaired.
        lost: records that could not be written, as counted by the writer.
        sampled: records left out by sampling, as counted by the writer.
        backwards: how often the monotonic clock went back within a boot.
        steps: how often wall and monotonic clock disagreed by more than a second.
        ring: the newest version of the key ring that a record about keys names.
    """

    first: str | None = None
    last: str | None = None
    recoveries: int = 0
    lost: int = 0
    sampled: int = 0
    backwards: int = 0
    steps: int = 0
    ring: int = 0
    _before: tuple[str, int, datetime] | None = field(default=None, repr=False)

    def count(self, event: Mapping[str, Any]) -> None:
        """Take one record into account.

        Raises:
            ValueError: its time is no time of the calendar.
        """
        self.first = self.first or event["ts"]
        self.last = event["ts"]
        details = event["action"]["details"]
        kind = event["action"]["type"]
        self.recoveries += kind == RECOVERED
        if kind == LOST:
            self.lost += _number(details, "count")
        if kind == _SAMPLED:
            self.sampled += dropped(details)
        if kind.startswith(_OF_KEYS):
            self.ring = max(self.ring, _number(details, "ring"))
        self._compare_clocks(event)

    def add(self, later: Tally) -> None:
        """Count what another tally counted from this one's last record on, that included."""
        self.last = later.last
        self.recoveries += later.recoveries
        self.lost += later.lost
        self.sampled += later.sampled
        self.backwards += later.backwards
        self.steps += later.steps
        self._before = later._before  # its own kind

    def _compare_clocks(self, event: Mapping[str, Any]) -> None:
        wall = datetime.fromisoformat(event["ts"])
        boot, mono = event["boot"], event["mono_us"]
        if self._before and self._before[0] == boot:
            passed = mono - self._before[1]
            walled = (wall - self._before[2]).total_seconds() * 1_000_000
            self.backwards += passed < 0
            self.steps += abs(walled - passed) > MAX_CLOCK_STEP_US
        self._before = (boot, mono, wall)


def dropped(details: Mapping[str, Any]) -> int:
    """The sum of what a `system.sampled` says was left out, by agent and type."""
    counts = details.get("dropped")
    return sum(_number(one, "count") for one in counts) if isinstance(counts, list) else 0


def _number(details: Mapping[str, Any], name: str) -> int:
    value = details.get(name) if isinstance(details, dict) else None
    return value if isinstance(value, int) else 0
