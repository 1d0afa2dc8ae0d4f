"""The audit log: durable, chained, signed, sealed, and verified offline. Room: runtime.

They are loaded when they are first used, see `wilkc.core.lazily`.
"""

from typing import TYPE_CHECKING, Any, Final

from wilkc.core.lazily import attribute

if TYPE_CHECKING:
    from wilkc.runtime.audit.create import Places, create_log
    from wilkc.runtime.audit.drafts import Asked, Circumstances, Event
    from wilkc.runtime.audit.failures import AUDIT_UNAVAILABLE, unrecorded
    from wilkc.runtime.audit.following import (
        START,
        Cursor,
        Followed,
        follow,
        last_segment,
        load_cursor,
        save_cursor,
    )
    from wilkc.runtime.audit.listing import as_seed_event, unverified_records
    from wilkc.runtime.audit.logger import AuditLogger, Intent, Receipt
    from wilkc.runtime.audit.reanchor import accept_loss
    from wilkc.runtime.audit.record import Actor
    from wilkc.runtime.audit.settings import AuditSettings, settings_of
    from wilkc.runtime.audit.verification import (
        Observer,
        Options,
        Verification,
        VerifiedEvent,
        verify,
    )
    from wilkc.runtime.audit.walk import Verdict

__all__ = [
    "AUDIT_UNAVAILABLE",
    "START",
    "Actor",
    "Asked",
    "AuditLogger",
    "AuditSettings",
    "Circumstances",
    "Cursor",
    "Event",
    "Followed",
    "Intent",
    "Observer",
    "Options",
    "Places",
    "Receipt",
    "Verdict",
    "Verification",
    "VerifiedEvent",
    "accept_loss",
    "as_seed_event",
    "create_log",
    "follow",
    "last_segment",
    "load_cursor",
    "save_cursor",
    "settings_of",
    "unrecorded",
    "unverified_records",
    "verify",
]
_HOMES: Final = {
    "create": ("Places", "create_log"),
    "drafts": ("Asked", "Circumstances", "Event"),
    "failures": ("AUDIT_UNAVAILABLE", "unrecorded"),
    "following": (
        "START",
        "Cursor",
        "Followed",
        "follow",
        "last_segment",
        "load_cursor",
        "save_cursor",
    ),
    "listing": ("as_seed_event", "unverified_records"),
    "logger": ("AuditLogger", "Intent", "Receipt"),
    "reanchor": ("accept_loss",),
    "record": ("Actor",),
    "settings": ("AuditSettings", "settings_of"),
    "verification": ("Observer", "Options", "Verification", "VerifiedEvent", "verify"),
    "walk": ("Verdict",),
}


def __getattr__(name: str) -> Any:
    return attribute(__name__, _HOMES, name)
