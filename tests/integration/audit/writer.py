"""Writes records until it is killed; each is named on standard output once acknowledged.

Started by test_audit_kill.py: writer.py LOG KEYS PROVIDER MODE SHARED
"""

from __future__ import annotations

import sys
from pathlib import Path

from wilkc.core.contract import Decision, Request
from wilkc.runtime.audit import AuditLogger, AuditSettings

SMALL = 6000


def main() -> None:
    """Write for ever."""
    log, keys, provider, mode, shared = sys.argv[1:]
    settings = AuditSettings(
        mode="checkpoint" if mode == "checkpoint" else "event",
        reserve_bytes=0,
        min_free_bytes=0,
        segment_bytes=SMALL,
        wait_ms=30_000,
    )
    request = Request("reviewer", "read", "file", "./src/a.ts")
    allow = Decision(
        allow=True, reason="PERMISSION_GRANTED", detail="allowed", message="m", revision="r1"
    )
    logger = AuditLogger.open(
        Path(log), Path(keys), provider=Path(provider), settings=settings, shared=shared == "shared"
    )
    while True:
        intent = logger.intent(request, allow)
        print(intent.id, flush=True)
        print(intent.outcome("success").id, flush=True)


main()
