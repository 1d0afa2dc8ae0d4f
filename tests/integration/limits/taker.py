"""Takes one hit after the other and names each; killed between a hit and its action.

Started by test_fleet.py: taker.py STORE PLACE
"""

from __future__ import annotations

import sys
from pathlib import Path

from wilkc.runtime.limits import RateExceededError, RateLimit, RateStore, RedisStore, SqliteStore


def main() -> None:
    """Take hits until the limit is used up."""
    kind, place = sys.argv[1:]
    store: RateStore = SqliteStore(Path(place)) if kind == "sqlite" else RedisStore(place)
    while True:
        try:
            store.hit([RateLimit("taken", 200, 3600)])
        except RateExceededError:
            print("spent", flush=True)
            return
        print("granted", flush=True)


main()
