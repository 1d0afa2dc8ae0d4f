"""Median and deviation in whole numbers, so that a rerun agrees. Layer: runtime. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST_COUNT: Final = 20
DEVIATIONS: Final = 6
LEAST_ASKED: Final = 20
LEAST_SHARE_PERMILLE: Final = 100
TIMES_USUAL: Final = 2


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual for hourly counts.

    Attributes:
        median: of the counts, rounded down.
        mad: median of their distances from the median, rounded down.
        hours: how many counts there were.
    """

    median: int
    mad: int
    hours: int

    @property
    def threshold(self) -> int:
        """What a count must exceed: max(20, median + 6 MAD)."""
        return max(LEAST_COUNT, self.median + DEVIATIONS * self.mad)


def median(values: Sequence[int]) -> int:
    """The median, rounded down; 0 of nothing."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    if not ordered:
        return 0
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) // 2


def usual(counts: Sequence[int]) -> Usual:
    """What is usual, by counts of earlier hours in which there was something to count."""
    centre = median(counts)
    return Usual(centre, median([abs(count - centre) for count in counts]), len(counts))


def refused_too_often(asked: int, denied: int, usual_asked: int, usual_denied: int) -> bool:
    """Whether the share of refusals in an hour is above twice the usual one.

    At least 20 requests, and at least a tenth of them refused: where nothing was ever refused,
    twice the usual share is nothing either.
    """
    if asked < LEAST_ASKED or denied * 1000 < asked * LEAST_SHARE_PERMILLE:
        return False
    # denied / asked > 2 · usual_denied / usual_asked, without division.
    return denied * usual_asked > TIMES_USUAL * usual_denied * asked


def permille(part: int, whole: int) -> int:
    """A share in thousandths, rounded down; 0 of nothing."""
    return part * 1000 // whole if whole else 0
