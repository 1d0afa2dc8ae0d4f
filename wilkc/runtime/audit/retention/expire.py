"""Destroying the keys of content that is past its time. Layer: runtime.

The record stays; what was sealed in it opens no more. A key is shared by the content of a
month, so one record under hold keeps the key of its month. What is held is read from a log
that verifies, else nothing is destroyed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, cast

from wilkc.runtime.audit.drafts import Event
from wilkc.runtime.audit.failures import unavailable
from wilkc.runtime.audit.own import WILK
from wilkc.runtime.audit.retention.clock import ClockReader
from wilkc.runtime.audit.retention.holds import HoldReader
from wilkc.runtime.audit.retention.stub import only_one
from wilkc.runtime.audit.trusted import read_trusted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wilkc.core.audit_settings import AuditSettings, RecordClass
    from wilkc.runtime.audit.logger import AuditLogger
    from wilkc.runtime.keys.deks import DataKey

DESTROYED: Final = "key.destroyed"
EXPIRED: Final = "expired"
_MAX_KIDS: Final = 500
"""Keys in one record, so that it is never too long."""
_DECEMBER: Final = 12


@dataclass(frozen=True, slots=True)
class Expiry:
    """What was done, or would be.

    Attributes:
        destroyed: ids of the keys that are gone.
        held: ids of keys that are due, and kept by a hold.
    """

    destroyed: tuple[str, ...]
    held: tuple[str, ...]


def expire(logger: AuditLogger) -> Expiry:
    """Destroy every data key that is due; safe to repeat.

    The caller has seen that the clock can be believed, as far as that shows before the log is
    opened; what its records say of it is looked at here. Keys are destroyed only once that is
    on record, so that content is never lost without a word.

    Args:
        logger: the opened log, shared or not.

    Raises:
        UsageError: the log cannot be read.
        VerificationError: the log does not verify, or a key is malformed; nothing is
            destroyed.
        GateError: the clock cannot be believed.
        UnavailableError: the disk refuses; run it again.
    """
    try:
        with only_one(logger.means, wait=True):
            return _expire(logger)
    except OSError as error:
        raise unavailable(error, logger.means.keys.directory) from error


def _expire(logger: AuditLogger) -> Expiry:
    means = logger.means
    means.keys.data.refresh()
    due = due_keys(means.keys.data.keys, means.settings, means.clock.wall_us())
    held = _held(logger, due)
    gone = [key for key in due if key.kid not in held]
    for start in range(0, len(gone), _MAX_KIDS):
        some = gone[start : start + _MAX_KIDS]
        details: dict[str, Any] = {
            "content": sorted({f"{key.record_class} {key.month}" for key in some}),
            "kids": sorted(key.kid for key in some),
            "months": sorted({key.month for key in some}),
            "state": EXPIRED,
        }
        logger.system(
            Event(
                type=DESTROYED,
                resource=f"log:{logger.origin}",
                actor=WILK,
                details=details,
                clear=True,
            )
        )
    if gone:
        means.keys.forget({key.kid for key in gone})
    return Expiry(tuple(sorted(key.kid for key in gone)), tuple(sorted(held)))


def due_keys(keys: Iterable[DataKey], settings: AuditSettings, wall_us: int) -> tuple[DataKey, ...]:
    """The data keys whose whole month is past the time of their class."""
    now = datetime.fromtimestamp(wall_us / 1_000_000, UTC)
    return tuple(key for key in keys if _end(key, settings) <= now)


def _end(key: DataKey, settings: AuditSettings) -> datetime:
    year, month = (int(part) for part in key.month.split("-"))
    following = (year + 1, 1) if month == _DECEMBER else (year, month + 1)
    days = settings.days_of_content(cast("RecordClass", key.record_class))
    return datetime(*following, 1, tzinfo=UTC) + timedelta(days=days)


def _held(logger: AuditLogger, due: tuple[DataKey, ...]) -> frozenset[str]:
    """The keys by which something is sealed that a hold keeps, once the clock is believed."""
    if not due:
        return frozenset()
    reader, clock = HoldReader(), ClockReader()

    def look(record: Mapping[str, Any]) -> None:
        reader.take(record)
        clock.take(record)

    read_trusted(logger, look)
    clock.require(logger.means.clock)
    holds = reader.book().active
    named = {hold.selector.subject for hold in holds}
    held = {key.kid for key in due if key.subject is not None and key.subject in named}
    wanted = {key.kid for key in due} - held

    def take(record: Mapping[str, Any]) -> None:
        sealed = {one["kid"] for one in record["sealed"].values()} & wanted
        if sealed and any(hold.holds(record) for hold in holds):
            held.update(sealed)

    if holds and wanted:
        # Verified anew: what is read the second time could be something else.
        read_trusted(logger, take)
    return frozenset(held)
