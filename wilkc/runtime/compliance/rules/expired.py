"""R10: records or content kept past their time though no hold wants them. Layer: runtime. Pure.

Both are counted by month. The records of one are over when the last of its segments was pruned.
Content has a time of its own where the declared settings give its class fewer days than the
record has; it is counted by class, too, as its keys are.

A segment that a write error ended is never pruned, so its month stays overdue until a person
says on record what is to become of it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from wilkc.runtime.compliance.known import MONTH
from wilkc.runtime.compliance.rule import (
    DAY_SECONDS,
    SECOND_US,
    Duty,
    Term,
    details_of,
    moment_us,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wilkc.runtime.compliance.known import Known
    from wilkc.runtime.compliance.rule import Record

GRACE_DAYS: Final = 31
"""A segment is pruned as a whole, when the last of its records is old enough."""
_RECORDS: Final = "records"
_HEADER: Final = "system.header"
_PRUNED: Final = "system.pruned"
_DESTROYED: Final = "key.destroyed"
_DECEMBER: Final = 12


def _ends(record: Record, known: Known) -> Iterable[str]:
    kind, details = record["action"]["type"], details_of(record)
    if kind == _HEADER:
        # The month is over with its newest segment, by the settings of then.
        return (_key(_RECORDS, record),)
    if kind == _PRUNED:
        left = known.segments_without(details)
        return [f"{_RECORDS} {month}" for month, headers in left.items() if not headers]
    if kind != _DESTROYED or details.get("state") != "expired":
        return ()
    content = details.get("content")
    return [str(one) for one in content] if isinstance(content, list) else ()


def _begins(record: Record, known: Known) -> Iterator[Term]:
    if record["action"]["type"] == _HEADER:
        yield _term(_RECORDS, known.retention_days, record)
    days = known.content_days.get(record["class"])
    if record["sealed"] and days is not None and days < known.retention_days:
        yield _term(record["class"], days, record)


def _term(what: str, days: int, record: Record) -> Term:
    key = _key(what, record)
    return Term(key, _past(key, days) - moment_us(record["ts"]) // SECOND_US)


def _key(what: str, record: Record) -> str:
    return f"{what} {record['ts'][:MONTH]}"


def _excused(known: Known, key: str, now: int) -> bool:
    """Whether a hold wants it, or the settings of now give it more time than those of then."""
    what = key.partition(" ")[0]
    kept = known.retention_days
    days = kept if what == _RECORDS else min(kept, known.content_days.get(what, kept))
    return bool(known.holds) or now < _past(key, days)


def _past(key: str, days: int) -> int:
    """When what a key names is kept too long, in seconds since 1970."""
    return _end(key.partition(" ")[2]) + (days + GRACE_DAYS) * DAY_SECONDS


@lru_cache(maxsize=64)
def _end(month: str) -> int:
    """The first second after a month, since 1970."""
    year, number = (int(part) for part in month.split("-"))
    following = (year + number // _DECEMBER, number % _DECEMBER + 1, 1)
    return int(datetime(*following, tzinfo=UTC).timestamp())


RULE: Final = Duty(
    id="R10",
    version=3,
    severity="medium",
    controls=("GDPR:5(1)(e)", "HIPAA:164.316(b)(2)(i)"),
    title="records or their content are kept past their retention, and no hold asks for it",
    advice="run `wilkc audit housekeeping`, or place a hold on what must be kept",
    types=None,
    ends=_ends,
    begins=_begins,
    excused=_excused,
)
