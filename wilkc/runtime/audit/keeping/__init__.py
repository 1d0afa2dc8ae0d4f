"""Keeping the keys of a log: rotation, erasure and copies, each step on record. Room: runtime."""

from wilkc.runtime.audit.keeping.clock_doubt import clock_doubt
from wilkc.runtime.audit.keeping.rotation import report_key, rotate, work_due

__all__ = [
    "clock_doubt",
    "report_key",
    "rotate",
    "work_due",
]
