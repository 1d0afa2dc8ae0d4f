"""Takes hits in threads as fast as it can; says when each grant was asked for and when it came.

Started by test_fleet.py: worker.py STORE PLACE LIMIT WINDOW SECONDS THREADS
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path

from wilkc.runtime.limits import RateExceededError, RateLimit, RateStore, RedisStore, SqliteStore

PATIENCE = 60.0


def main() -> None:
    """Work for so many seconds, then print every grant."""
    kind, place, limit, window, seconds, threads = sys.argv[1:]
    store: RateStore
    if kind == "sqlite":
        store = SqliteStore(Path(place), timeout_seconds=PATIENCE)
    else:
        store = RedisStore(place, timeout_seconds=PATIENCE)
    wanted = [RateLimit("fleet", int(limit), int(window)), RateLimit("most", 1_000_000, 3600)]
    end = time.monotonic() + float(seconds)
    grants: list[tuple[float, float]] = []

    def work() -> None:
        while time.monotonic() < end:
            before = time.monotonic()
            try:
                store.hit(wanted)
            except RateExceededError:
                continue
            grants.append((before, time.monotonic()))

    crew = [threading.Thread(target=work) for _ in range(int(threads))]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    print(json.dumps(grants))


main()
