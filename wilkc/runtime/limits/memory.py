"""Hits in memory: one process and its threads. Layer: runtime.

Ending the process forgets them, so this is for a process that lives as long as what it limits.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from wilkc.runtime.limits.clock import BootClock
from wilkc.runtime.limits.failures import STORE_UNAVAILABLE, RateExceededError, RateStoreError
from wilkc.runtime.limits.model import Hit, longest_windows
from wilkc.runtime.limits.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wilkc.runtime.limits.clock import Clock
    from wilkc.runtime.limits.model import RateLimit

MAX_HITS: Final = 1_000_000
"""Of all keys together; more are refused, since forgetting one would be a grant too many."""

_LOOK_AT: Final = 4
"""Other keys that each hit looks at, so that those which nobody asks for go away."""


class MemoryStore:
    """A store for one process.

    Args:
        max_hits: how many it holds at most.
        timeout_seconds: how long a hit may take.
        clock: which clock it goes by.
    """

    def __init__(
        self,
        *,
        max_hits: int = MAX_HITS,
        timeout_seconds: float = 2.0,
        clock: Clock | None = None,
    ) -> None:
        self._max_hits = max_hits
        self._timeout_seconds = timeout_seconds
        self._clock = clock or BootClock()
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._windows: OrderedDict[bytes, Window] = OrderedDict()
        self._held = 0
        self._last = 0
        self._behind = 0

    def hit(self, limits: Sequence[RateLimit]) -> Hit:
        """See `RateStore.hit`."""
        longest = longest_windows(limits)
        with self._locked():
            now = self._now()
            self._look_around(now)
            for limit in limits:
                self._forget(limit.digest, now)
                window = self._windows.get(limit.digest) or Window()
                wait = window.wait(now, limit.limit, limit.window_us)
                if wait != 0:
                    raise RateExceededError(limit, wait)
            if self._held + len(longest) > self._max_hits:
                raise RateStoreError(STORE_UNAVAILABLE, "the store of hits is full")
            hit = Hit(tuple(limits), at=now)
            for digest, length in longest.items():
                self._windows.setdefault(digest, Window()).add(now, now + length, hit.token)
                self._held += 1
            return hit

    def refund(self, hit: Hit) -> None:
        """See `RateStore.refund`."""
        with self._locked():
            for digest in longest_windows(hit.limits):
                if window := self._windows.get(digest):
                    self._held -= window.remove(hit.token)

    def close(self) -> None:
        """See `RateStore.close`; there is nothing to let go of."""

    @contextmanager
    def _locked(self) -> Iterator[None]:
        if os.getpid() != self._process:
            # A child has a copy: both together would let twice as many through.
            raise RateStoreError(STORE_UNAVAILABLE, "a forked process has no hits of its own")
        if not self._lock.acquire(timeout=self._timeout_seconds):
            raise RateStoreError(STORE_UNAVAILABLE, "the store of hits is held by others")
        try:
            yield
        finally:
            self._lock.release()

    def _now(self) -> int:
        """The time, which goes on from where it was if the clock goes back."""
        now = self._clock.now_us()
        self._behind = max(self._behind, self._last - now)
        self._last = now + self._behind
        return self._last

    def _look_around(self, now: int) -> None:
        for _ in range(min(_LOOK_AT, len(self._windows))):
            digest = next(iter(self._windows))
            self._windows.move_to_end(digest)
            self._forget(digest, now)

    def _forget(self, digest: bytes, now: int) -> None:
        if window := self._windows.get(digest):
            before = len(window)
            window.forget(now)
            self._held -= before - len(window)
            if not window:
                del self._windows[digest]
