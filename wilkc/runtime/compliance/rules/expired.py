"""R10: records or content kept past their time though no hold wants them. Layer: runtime. Pure.

Content has a time of its own where the declared settings give its class fewer days than the
record has. It is counted by class and month, as its keys are.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from wilkc.runtime.compliance.rule import (
    DAY_SECONDS,
    SECOND_US,
    Duty,
    Term,
    details_of,
    moment_us,
    number_in,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wilkc.runtime.compliance.known import Known
    from wilkc.runtime.compliance.rule import Record

GRACE_DAYS: Final = 31
"""A segment is pruned as a whole, when the last of its records is old enough."""
_SEGMENT: Final = "segment"
_PRUNED: Final = "system.pruned"
_DESTROYED: Final = "key.destroyed"
_MONTH: Final = len("2026-11")
_DECEMBER: Final = 12


def _ends(record: Record, _: Known) -> Iterable[str]:
    kind = record["action"]["type"]
    if kind == _PRUNED:
        # Segments are pruned oldest first, so the duty of the oldest is the only one to keep.
        return (_SEGMENT,)
    details = details_of(record)
    if kind != _DESTROYED or details.get("state") != "expired":
        return ()
    content = details.get("content")
    return [str(one) for one in content] if isinstance(content, list) else ()


def _begins(record: Record, known: Known) -> Iterator[Term]:
    kind = record["action"]["type"]
    begun = kind == _PRUNED and number_in(details_of(record), "last") is not None
    if begun or kind == "system.header":
        yield Term(_SEGMENT, (known.retention_days + GRACE_DAYS) * DAY_SECONDS)
    days = known.content_days.get(record["class"])
    if record["sealed"] and days is not None and days < known.retention_days:
        month = record["ts"][:_MONTH]
        left = _end(month) + (days + GRACE_DAYS) * DAY_SECONDS
        yield Term(f"{record['class']} {month}", left - moment_us(record["ts"]) // SECOND_US)


@lru_cache(maxsize=64)
def _end(month: str) -> int:
    """The first second after a month, since 1970."""
    year, number = (int(part) for part in month.split("-"))
    following = (year + number // _DECEMBER, number % _DECEMBER + 1, 1)
    return int(datetime(*following, tzinfo=UTC).timestamp())


RULE: Final = Duty(
    id="R10",
    version=2,
    severity="medium",
    controls=("GDPR:5(1)(e)", "HIPAA:164.316(b)(2)(i)"),
    title="records or their content are kept past their retention, and no hold asks for it",
    advice="run `wilkc audit housekeeping`, or place a hold on what must be kept",
    types=None,
    ends=_ends,
    begins=_begins,
    excused=lambda known: bool(known.holds),
)
