"""Refusals that have no record of their own, told in sums. Layer: runtime.

A child could ask without end what cannot be read, or open connections without end: a record for
each would fill the log. So the first of a kind is put on record, then each doubling, and the sum
once all is over: of n refusals at most two more than the binary logarithm of n.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wilkc.runtime.egress.refusals import TOO_MANY, TRAFFIC_USED_UP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.runtime.egress.judging import Judge
    from wilkc.runtime.egress.meter import Meter

UNREADABLE: Final = "malformed_request"
LOOK_SECONDS: Final = 1.0
"""How often it is looked whether there is something to tell."""


@dataclass(slots=True)
class Tally:
    """Tells what the proxy of one launch refused by itself; for one thread.

    Attributes:
        judge: puts it on record.
        meter: counts.
    """

    judge: Judge
    meter: Meter
    _told: dict[str, int] = field(default_factory=dict)

    def look(self, *, last: bool = False) -> None:
        """Put on record what is due; what cannot be recorded is told the next time.

        Args:
            last: whether every count is due that has grown.
        """
        for detail, count in self._counts():
            told = self._told.get(detail, 0)
            due = count > told if last else count >= max(2 * told, 1)
            if due and self.judge.refused_without(detail, count):
                self._told[detail] = count

    def _counts(self) -> Iterator[tuple[str, int]]:
        now = self.meter.read()
        yield UNREADABLE, now.malformed
        yield TOO_MANY, now.crowded
        yield TRAFFIC_USED_UP, now.spent
