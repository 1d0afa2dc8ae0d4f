"""The audit log: durable, chained, signed, sealed, and verified offline. Room: runtime."""

from wilkc.runtime.audit.create import Places, create_log
from wilkc.runtime.audit.drafts import Asked, Circumstances, Event
from wilkc.runtime.audit.failures import AUDIT_UNAVAILABLE, unrecorded
from wilkc.runtime.audit.listing import as_seed_event, unverified_records
from wilkc.runtime.audit.logger import AuditLogger, Intent, Receipt
from wilkc.runtime.audit.record import Actor
from wilkc.runtime.audit.settings import AuditSettings, settings_of
from wilkc.runtime.audit.verify import Verification, verify
from wilkc.runtime.audit.walk import Verdict

__all__ = [
    "AUDIT_UNAVAILABLE",
    "Actor",
    "Asked",
    "AuditLogger",
    "AuditSettings",
    "Circumstances",
    "Event",
    "Intent",
    "Places",
    "Receipt",
    "Verdict",
    "Verification",
    "as_seed_event",
    "create_log",
    "settings_of",
    "unrecorded",
    "unverified_records",
    "verify",
]
