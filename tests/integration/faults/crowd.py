"""Many callers at once, each with a connection of its own. Started by test_hosts.py.

usage: crowd.py SOCKET AUDIT WORKSPACE CALLERS SECONDS

Prints, as JSON, how often each action was granted and denied, and how long the slowest took.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from tests.integration.faults.agent import ACTIONS
from wilkc.runtime import Guard, SharedLog
from wilkc.runtime.audit import AuditSettings

ASKED = ("app", "secret")


def main() -> None:
    """Let all of them ask at the same moment."""
    socket, audit, workspace = map(Path, sys.argv[1:4])
    callers, seconds = int(sys.argv[4]), float(sys.argv[5])
    settings = AuditSettings(reserve_bytes=0, min_free_bytes=0, wait_ms=60_000)
    log = SharedLog(audit / "log", audit / "keys", audit / "provider", settings)
    guard = Guard(socket, log, agent="worker", workspace=workspace, seconds=seconds)
    together = threading.Barrier(callers)
    found: Counter[str] = Counter()
    slowest: list[float] = []

    def ask() -> None:
        together.wait()
        for name in ASKED:
            started = time.monotonic()
            decision = guard.check(*ACTIONS[name])
            slowest.append(time.monotonic() - started)
            found[f"{name} {decision.detail}"] += 1

    threads = [threading.Thread(target=ask) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"found": found, "slowest": max(slowest)}))


if __name__ == "__main__":
    main()
