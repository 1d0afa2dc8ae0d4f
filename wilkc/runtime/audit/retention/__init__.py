"""How long a log keeps what it holds, and what stops it from letting go. Room: runtime."""

from wilkc.runtime.audit.retention.holds import (
    Hold,
    Selector,
    active_holds,
    holds_on_subject,
    place_hold,
    release_hold,
)

__all__ = [
    "Hold",
    "Selector",
    "active_holds",
    "holds_on_subject",
    "place_hold",
    "release_hold",
]
