"""What a limit is, and what every store of hits promises. Layer: runtime (pure)."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from wilkc.runtime.limits.failures import LIMIT_MALFORMED, RateStoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_LIMIT: Final = 1_000_000
"""Hits in one window; each is held one by one."""

MAX_WINDOW_SECONDS: Final = 31 * 24 * 60 * 60
MAX_LIMITS: Final = 16
"""Limits of one decision."""

MICROSECONDS: Final = 1_000_000
"""In one second."""

TOKEN_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most so many hits in any window of this length.

    Attributes:
        key: what is counted; any text, also one that an agent chose.
        limit: hits in a window, from 0.
        window_seconds: length of the window; its two ends belong to it.
        digest: 32 bytes that stand for the key in every store, whatever it holds and however
            long it is.

    Raises:
        RateStoreError: a value has another type or is out of range.
    """

    key: str
    limit: int
    window_seconds: int
    digest: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.key, str) or not self.key:
            raise _malformed("its key is no text")
        if not _whole(self.limit, 0, MAX_LIMIT):
            raise _malformed(f"it allows no whole number of hits up to {MAX_LIMIT}")
        if not _whole(self.window_seconds, 1, MAX_WINDOW_SECONDS):
            raise _malformed(f"its window is no whole number of seconds up to {MAX_WINDOW_SECONDS}")
        # Lone surrogates are what Python makes of bytes that are no UTF-8.
        digest = hashlib.sha256(self.key.encode("utf-8", "surrogatepass")).digest()
        object.__setattr__(self, "digest", digest)

    @property
    def window_us(self) -> int:
        """The window in microseconds."""
        return self.window_seconds * MICROSECONDS


@dataclass(frozen=True, slots=True)
class Hit:
    """What was taken, and may be given back where the action is refused after all.

    Attributes:
        limits: the limits that it counts against.
        token: tells it from every other hit.
        at: its time on the store's own clock.
    """

    limits: tuple[RateLimit, ...]
    token: bytes = field(default_factory=lambda: os.urandom(TOKEN_BYTES))
    at: int = 0


class RateStore(Protocol):
    """Keeps hits, for as many processes as the store is made for."""

    def hit(self, limits: Sequence[RateLimit]) -> Hit:
        """Take one hit of every limit, or of none.

        It is taken before the action. If the caller dies before it acts, the hit stays counted.

        Args:
            limits: all limits of one decision. Limits of one key share its hits.

        Raises:
            RateExceededError: a limit is used up; nothing was taken.
            RateStoreError: it cannot be said whether the limits are kept. The hit may count.
        """
        ...

    def refund(self, hit: Hit) -> None:
        """Give a hit back whose action was refused. A hit that is not there stays unnoticed.

        Raises:
            RateStoreError: it could not be given back, and goes on counting.
        """
        ...

    def close(self) -> None:
        """Let go of files and connections; hits stay counted."""
        ...


def longest_windows(limits: Sequence[RateLimit]) -> dict[bytes, int]:
    """How long a hit must be kept for each key, in microseconds.

    Raises:
        RateStoreError: there are none or too many limits.
    """
    if not 1 <= len(limits) <= MAX_LIMITS:
        raise _malformed(f"a decision has 1 to {MAX_LIMITS} of them")
    longest: dict[bytes, int] = {}
    for limit in limits:
        longest[limit.digest] = max(longest.get(limit.digest, 0), limit.window_us)
    return longest


def _whole(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _malformed(why: str) -> RateStoreError:
    return RateStoreError(LIMIT_MALFORMED, f"the rate limit is malformed: {why}")
