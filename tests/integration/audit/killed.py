"""Forks writers and kills each at a random moment; prints the ids that they acknowledged.

Started by test_audit_kill.py: killed.py LOG KEYS PROVIDER MODE THREADS KILLS SEED
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from pathlib import Path

from wilkc.core.contract import Decision, Request
from wilkc.runtime.audit import AuditLogger, AuditSettings

REQUEST = Request("reviewer", "read", "file", "./src/a.ts")
ALLOW = Decision(
    allow=True, reason="PERMISSION_GRANTED", detail="allowed", message="m", revision="r1"
)
LONGEST = 0.08
"""Seconds after its first record in which a writer is killed."""


def main() -> None:
    """Kill so many writers, one after the other."""
    log, keys, provider, mode, threads, kills, seed = sys.argv[1:]
    settings = AuditSettings(
        mode="checkpoint" if mode == "checkpoint" else "event",
        reserve_bytes=0,
        min_free_bytes=0,
        segment_bytes=20_000,
        wait_ms=60_000,
    )
    chosen = random.Random(int(seed))
    for _ in range(int(kills)):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            _write((Path(log), Path(keys), Path(provider)), settings, int(threads), writing)
        os.close(writing)
        with os.fdopen(reading, "rb") as acknowledged:
            first = acknowledged.readline()
            time.sleep(chosen.uniform(0, LONGEST))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            told = first + acknowledged.read()
        # A line that was cut short was not told yet.
        sys.stdout.write(told.decode().rpartition("\n")[0] + "\n")
        sys.stdout.flush()


def _write(
    places: tuple[Path, Path, Path], settings: AuditSettings, threads: int, told: int
) -> None:
    """Write from so many threads until this process is killed."""
    try:
        directory, keys, provider = places
        logger = AuditLogger.open(directory, keys, provider=provider, settings=settings)

        def work() -> None:
            while True:
                intent = logger.intent(REQUEST, ALLOW)
                os.write(told, f"{intent.id}\n".encode())
                os.write(told, f"{intent.outcome('success').id}\n".encode())

        for _ in range(threads - 1):
            threading.Thread(target=work, daemon=True).start()
        work()
    finally:
        os._exit(1)


main()
