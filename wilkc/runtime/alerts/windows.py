"""Counting within a time that slides, and telling only when a mark is crossed. Pure.

Layer: runtime. Both have bounds: an agent that changes its name at each step must not fill
the memory of what watches it, so the one that was quiet longest is forgotten first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

MAX_KEYS: Final = 1000
REARM_PERCENT: Final = 70
"""A count is armed again below so much of its mark."""
AGAIN_US: Final = 3_600_000_000
"""What never gets below it is told again after an hour."""


@dataclass(slots=True)
class Burst:
    """Counts by key within a window.

    Attributes:
        least: count that is told, once per crossing and hour.
        window_us: length of the window.
    """

    least: int
    window_us: int
    _times: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    _told: dict[str, int] = field(default_factory=dict)

    def add(self, key: str, at_us: int, seq: int) -> tuple[int, ...]:
        """Count one; the numbers of those in the window where the mark is crossed now."""
        kept = [one for one in self._times.pop(key, ()) if at_us - one[0] <= self.window_us]
        # More than the mark need not be kept to know that it is reached.
        kept = [*kept, (at_us, seq)][-self.least :]
        self._times[key] = kept  # at the end, as the newest
        if len(self._times) > MAX_KEYS:
            oldest = next(iter(self._times))
            del self._times[oldest]
            self._told.pop(oldest, None)
        if len(kept) * 100 < self.least * REARM_PERCENT:
            self._told.pop(key, None)
        told = self._told.get(key)
        if len(kept) < self.least or (told is not None and at_us - told < AGAIN_US):
            return ()
        self._told[key] = at_us
        return tuple(number for _, number in kept)

    def as_json(self) -> list[Any]:
        """What must be kept to go on later."""
        return [
            [key, self._told.get(key), [list(one) for one in kept]]
            for key, kept in self._times.items()
        ]

    def load(self, stored: list[Any]) -> None:
        """Go on from what was kept."""
        self._times = {key: [(at, seq) for at, seq in kept] for key, _, kept in stored}
        self._told = {key: told for key, told, _ in stored if told is not None}


@dataclass(slots=True)
class Marks:
    """Which marks are crossed, by key; each is told once until it is armed again."""

    _crossed: dict[str, None] = field(default_factory=dict)

    def crosses(self, key: str, value: int, mark: int, rearm: int) -> bool:
        """Whether a value reaches its mark now, and did not since it was below `rearm`."""
        if value >= mark:
            if key in self._crossed:
                return False
            self._crossed[key] = None
            if len(self._crossed) > MAX_KEYS:
                del self._crossed[next(iter(self._crossed))]
            return True
        if value < rearm:
            self._crossed.pop(key, None)
        return False

    def forget(self, prefix: str) -> None:
        """Arm everything whose key begins so."""
        for key in [key for key in self._crossed if key.startswith(prefix)]:
            del self._crossed[key]

    def as_json(self) -> list[str]:
        """What must be kept to go on later."""
        return list(self._crossed)

    def load(self, stored: list[str]) -> None:
        """Go on from what was kept."""
        self._crossed = dict.fromkeys(stored)
