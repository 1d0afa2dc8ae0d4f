"""When keys are due: to be replaced, to be destroyed. Layer: runtime. Pure.

Times are texts as records write them, whose order is that of time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wilkc.runtime.keys.ring import Entry, Ring

ROTATION_DAYS: Final = 90
OVERLAP_DAYS: Final = 30
OVERDUE_DAYS: Final = 7
"""Days after which a rotation that was due is a matter for an alert."""
_FORMAT: Final = "%Y-%m-%dT%H:%M:%S.%fZ"


@dataclass(frozen=True, slots=True)
class Rotation:
    """How long key-encryption keys are used.

    Attributes:
        days: days after which the active one is to be replaced.
        overlap_days: days that the one before can still open what it wrapped.
    """

    days: int = ROTATION_DAYS
    overlap_days: int = OVERLAP_DAYS


def later(time: str, days: int) -> str:
    """The time so many days after another."""
    moment = datetime.strptime(time, _FORMAT).replace(tzinfo=UTC) + timedelta(days=days)
    return moment.strftime(_FORMAT)


def due_date(entry: Entry, rotation: Rotation) -> str | None:
    """When a key-encryption key is to be replaced: as it was made, or sooner if now told so."""
    if entry.rotate_after is None:
        return None
    return min(entry.rotate_after, later(entry.activated or entry.created, rotation.days))


def rotation_due(ring: Ring, now: str, rotation: Rotation) -> bool:
    """Whether a rotation is to begin, or was begun and not ended.

    A key from the future was made by a clock that stepped, and its due date cannot be believed.
    """
    active = ring.active("kek")
    begun = ring.find("kek", "pending") is not None
    stepped = active.created > later(now, 1)
    due = due_date(active, rotation)
    return begun or stepped or due is None or due <= now


def rotation_overdue(ring: Ring, now: str, rotation: Rotation) -> bool:
    """Whether a rotation has been due for longer than `OVERDUE_DAYS`."""
    due = due_date(ring.active("kek"), rotation)
    return due is None or later(due, OVERDUE_DAYS) < now


def overlap_end(ring: Ring, entry: Entry, rotation: Rotation) -> str | None:
    """When a replaced key-encryption key may be destroyed; None for one still in use."""
    if entry.use != "kek" or entry.state != "decrypt_only":
        return None
    after = ring.keys[ring.keys.index(entry) + 1 :]
    follower = next(key for key in after if key.use == "kek" and key.activated)
    return later(follower.activated or "", rotation.overlap_days)
