"""Keeping the keys of a log: rotation, erasure and copies, each step on record. Room: runtime."""

from wilkc.runtime.audit.keeping.copies import confirm_destroyed, export_copy
from wilkc.runtime.audit.keeping.erasure import Pending, pending_erasures, settle_erasures, shred
from wilkc.runtime.audit.keeping.ledger import Erasure, Export, Ledger, read_ledger
from wilkc.runtime.audit.keeping.rotation import report_key, rotate, work_due
from wilkc.runtime.audit.keeping.work import Kept, keep_keys

__all__ = [
    "Erasure",
    "Export",
    "Kept",
    "Ledger",
    "Pending",
    "confirm_destroyed",
    "export_copy",
    "keep_keys",
    "pending_erasures",
    "read_ledger",
    "report_key",
    "rotate",
    "settle_erasures",
    "shred",
    "work_due",
]
