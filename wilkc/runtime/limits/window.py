"""The hits of one key that still count. Layer: runtime (pure)."""

from __future__ import annotations

from bisect import bisect_left
from operator import itemgetter
from typing import Final

_SWEEP_FROM: Final = 64
_TIME: Final = itemgetter(0)


class Window:
    """Hits of one key, oldest first. Times are microseconds of one clock that never goes back."""

    def __init__(self) -> None:
        self._hits: list[tuple[int, int, bytes]] = []
        self._sweep_at = _SWEEP_FROM

    def __len__(self) -> int:
        return len(self._hits)

    def forget(self, now: int) -> None:
        """Drop hits that count no more."""
        hits = self._hits
        if len(hits) >= self._sweep_at:
            # All of them only now and then, so that a hit costs the same on the average.
            hits[:] = [hit for hit in hits if hit[1] >= now]
            self._sweep_at = max(_SWEEP_FROM, 2 * len(hits))
        done = 0
        while done < len(hits) and hits[done][1] < now:
            done += 1
        del hits[:done]

    def wait(self, now: int, limit: int, window: int) -> int | None:
        """Microseconds until a hit of this limit is free; 0 if one is, None if never."""
        first = bisect_left(self._hits, now - window, key=_TIME)
        over = len(self._hits) - first - limit
        if over < 0:
            return 0
        # Both ends belong to the window: a hit leaves it one microsecond later.
        return self._hits[first + over][0] + window + 1 - now if limit else None

    def add(self, now: int, until: int, token: bytes) -> None:
        """Count a hit up to and including a time."""
        self._hits.append((now, until, token))

    def remove(self, token: bytes) -> int:
        """Count a hit no more; how many there were."""
        before = len(self._hits)
        self._hits = [hit for hit in self._hits if hit[2] != token]
        return before - len(self._hits)
