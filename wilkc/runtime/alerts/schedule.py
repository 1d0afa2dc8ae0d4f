"""Which reports are due. Layer: runtime. Pure.

A report is due for each standard and each calendar month (UTC) that has ended since the log
began, until one about exactly that month is on record as issued.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from wilkc.runtime.alerts.seen import SECOND_US

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MAX_MONTHS: Final = 12
"""Of the past, so that a log that was never reported on is not a year's work."""
GRACE_DAYS: Final = 3
"""After the end of its month a report that is not issued is overdue."""


@dataclass(frozen=True, slots=True)
class Due:
    """A report that is to be issued.

    Attributes:
        standard: whose controls.
        start: begin of its period, as records write times.
        end: the first moment after it.
        overdue: whether people are to be told.
    """

    standard: str
    start: str
    end: str
    overdue: bool

    @property
    def name(self) -> str:
        """Standard and month, for example `SOC2-2026-10`."""
        return f"{self.standard}-{self.start[:7]}"


def due_reports(
    standards: Iterable[str], issued: Iterable[Mapping[str, Any]], since: str, now_us: int
) -> tuple[Due, ...]:
    """The reports that are due, the oldest first.

    Args:
        standards: that reports are wished for.
        issued: details of every `report.issued` of the log.
        since: time of the log's first record.
        now_us: the time, in microseconds since 1970.
    """
    done = {(one.get("standard"), _period(one)) for one in issued}
    now = datetime.fromtimestamp(now_us // SECOND_US, UTC)
    return tuple(
        Due(standard, start, end, overdue=late)
        for start, end, late in _months(since, now)
        for standard in sorted(set(standards))
        if (standard, (start, end)) not in done
    )


def _months(since: str, now: datetime) -> Iterator[tuple[str, str, bool]]:
    """Every month that has ended, from that of the log's first record on."""
    month, found = now.replace(day=1, hour=0, minute=0, second=0), []
    for _ in range(MAX_MONTHS):
        end, month = month, (month - timedelta(days=1)).replace(day=1)
        if f"{end:%Y-%m}" <= since[:7]:
            break
        found.append((_text(month), _text(end), now - end > timedelta(days=GRACE_DAYS)))
    yield from reversed(found)


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000000Z"


def _period(details: Mapping[str, Any]) -> tuple[str, str] | None:
    period = details.get("period")
    if not isinstance(period, dict):
        return None
    return str(period.get("from", "")), str(period.get("to", ""))
