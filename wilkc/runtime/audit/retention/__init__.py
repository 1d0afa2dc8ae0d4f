"""How long a log keeps what it holds, and what stops it from letting go. Room: runtime."""

from wilkc.runtime.audit.retention.backup import Backup, back_up
from wilkc.runtime.audit.retention.clock import clock_doubt, confirm_clock
from wilkc.runtime.audit.retention.expire import Expiry, expire
from wilkc.runtime.audit.retention.holds import (
    Hold,
    HoldBook,
    Selector,
    active_holds,
    holds_on_subject,
    place_hold,
    read_holds,
    release_hold,
    trusted_holds,
)
from wilkc.runtime.audit.retention.housekeeping import Chores, House, keep_house
from wilkc.runtime.audit.retention.prune import Pruning, prunable, prune
from wilkc.runtime.audit.retention.restoring import (
    Restorable,
    check_restore,
    record_restore_check,
)

__all__ = [
    "Backup",
    "Chores",
    "Expiry",
    "Hold",
    "HoldBook",
    "House",
    "Pruning",
    "Restorable",
    "Selector",
    "active_holds",
    "back_up",
    "check_restore",
    "clock_doubt",
    "confirm_clock",
    "expire",
    "holds_on_subject",
    "keep_house",
    "place_hold",
    "prunable",
    "prune",
    "read_holds",
    "record_restore_check",
    "release_hold",
    "trusted_holds",
]
