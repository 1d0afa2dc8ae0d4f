"""What the proxy of one launch has carried, in memory that it shares with the shim.

Layer: runtime. The proxy counts, the shim reads, also after the proxy was killed. The limit of
the plan is kept here: nothing is carried that was not counted before.
"""

from __future__ import annotations

import mmap
import struct
import sys
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from wilkc.core.sandbox_plan import Quantity

_FORM: Final = struct.Struct("=9Q")
_AT_ONCE_SECONDS: Final = 0.25
"""How much of a rate is moved at once, and so how far each connection may be ahead of it."""
_CREDIT_SECONDS: Final = 0.01
"""How much of a wait that was too long is made up for: waits end with a tick of a clock."""
_SLOWEST: Final = 16_384
"""Bytes a second that a throttled launch is still given."""


@dataclass(frozen=True, slots=True)
class Carried:
    """Counts since the launch began.

    Attributes:
        sent: bytes from the sandbox to hosts.
        received: bytes from hosts to the sandbox.
        open: connections that are open now.
        opened: connections that were ever taken.
        refused: connections that came to nothing.
        crowded: connections that were refused because too many were open.
        over: connections that were refused or ended because the limit was used up.
        malformed: connections that were refused because they could not be read.
        spent: connections that were refused at once, as the limit was used up.
    """

    sent: int = 0
    received: int = 0
    open: int = 0
    opened: int = 0
    refused: int = 0
    crowded: int = 0
    over: int = 0
    malformed: int = 0
    spent: int = 0


class Meter:
    """Counts and limits.

    Args:
        limit: the plan's limit of the network.
    """

    def __init__(self, limit: Quantity) -> None:
        self._limit = limit
        self._memory = mmap.mmap(-1, _FORM.size)
        self._braked = mmap.mmap(-1, 1)
        self._lock = threading.Lock()
        self._now = Carried()
        self._started = time.monotonic()
        self._free_at = 0.0
        self._paced = limit.enforcement != "monitoring" and not self._is_hard_total()

    def read(self) -> Carried:
        """The counts, from either process."""
        return Carried(*_FORM.unpack(self._memory[: _FORM.size]))

    def add(  # noqa: PLR0913  # one for each count
        self,
        *,
        opened: int = 0,
        ended: int = 0,
        refused: int = 0,
        crowded: int = 0,
        over: int = 0,
        malformed: int = 0,
        spent: int = 0,
    ) -> None:
        """Count connections; only in the proxy."""
        with self._lock:
            now = self._now
            self._now = replace(
                now,
                open=now.open + opened - ended,
                opened=now.opened + opened,
                refused=now.refused + refused,
                crowded=now.crowded + crowded,
                over=now.over + over,
                malformed=now.malformed + malformed,
                spent=now.spent + spent,
            )
            self._write()

    def brake(self, on: bool, /) -> None:  # noqa: FBT001  # the one thing that it is told
        """Halve the rate of what may be slowed down, or restore it; only in the shim."""
        self._braked[0] = int(on)

    def carry(self, move: Callable[[int], int], wanted: int, *, sent: bool) -> int | None:
        """Move bytes as far as the limit lets them, and count them.

        Args:
            move: moves at most so many without waiting, and says how many it were.
            wanted: how many it may be at most.
            sent: whether they go to a host.

        Returns:
            How many were moved; None, and nothing moved, where the limit is used up.
        """
        with self._lock:
            rate = self._rate()
            if rate is not None:
                wanted = min(wanted, max(int(rate * _AT_ONCE_SECONDS), 1))
            return self._count(move, wanted, sent=sent)

    def spend(self, count: int, *, sent: bool) -> bool:
        """Count bytes that are carried all or not at all; whether they may be."""
        with self._lock:
            moved = self._count(lambda room: count if room >= count else 0, count, sent=sent)
        return moved == count

    def _count(self, move: Callable[[int], int], wanted: int, *, sent: bool) -> int | None:
        # The lock is held while they are moved: connections cannot share the same last bytes.
        room = min(wanted, self._left())
        if room <= 0:
            return None
        moved = move(room)
        now = self._now
        self._now = replace(
            now, sent=now.sent + moved * sent, received=now.received + moved * (not sent)
        )
        self._write()
        rate = self._rate()
        if rate is not None:
            earliest = time.monotonic() - _CREDIT_SECONDS
            self._free_at = max(earliest, self._free_at) + moved / rate
        return moved

    def owed(self) -> float:
        """Seconds until more may be carried, so that the rate is kept by all together."""
        if self._rate() is None:
            return 0.0
        return max(self._free_at - time.monotonic(), 0.0)

    def is_used_up(self) -> bool:
        """Whether nothing may be carried any more."""
        with self._lock:
            return self._left() <= 0

    def _left(self) -> int:
        if not self._is_hard_total():
            return sys.maxsize
        return self._limit.max - self._now.sent - self._now.received

    def _is_hard_total(self) -> bool:
        return self._limit.unit == "bytes" and self._limit.enforcement == "hard"

    def _rate(self) -> float | None:
        """Bytes a second; None for as many as there are."""
        if not self._paced:
            return None
        if self._limit.unit == "bytes_per_second":
            return float(self._limit.max)
        total = self._now.sent + self._now.received
        if total <= self._limit.max and not self._braked[0]:
            return None
        # Soft: half of what the launch has had on average.
        return max(_SLOWEST, total / max(time.monotonic() - self._started, 1) / 2)

    def _write(self) -> None:
        now = self._now
        self._memory[: _FORM.size] = _FORM.pack(
            now.sent, now.received, now.open, now.opened, now.refused, now.crowded, now.over,
            now.malformed, now.spent,
        )  # fmt: skip
