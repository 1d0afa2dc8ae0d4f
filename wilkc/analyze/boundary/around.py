"""How much is asked, and what stands around one pattern. Layer: analyze (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Final, Generic, Literal, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

T = TypeVar("T")
Level = Literal["sample", "full"]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is asked at a level.

    Attributes:
        members: texts for each pattern that it should take.
        neighbours: texts for each pattern that are one edit away from a member.
        meetings: meeting pairs of an allow and a block, for each spec and category.
        extras: requests of a fixed kind (malformed, limits, layers), for each category.
    """

    members: int
    neighbours: int
    meetings: int
    extras: int


BOUNDS: Final[dict[Level, Bounds]] = {
    "sample": Bounds(members=1, neighbours=1, meetings=2, extras=2),
    "full": Bounds(members=24, neighbours=40, meetings=40, extras=150),
}
MAX_PER_SPEC: Final[dict[Level, int]] = {"sample": 400, "full": 6_000}
"""Requests of one spec; a rule beyond it is not asked about."""


@dataclass(frozen=True, slots=True)
class Around(Generic[T]):
    """Members of one pattern, and what is one edit away from it."""

    members: tuple[T, ...]
    neighbours: tuple[T, ...]

    def within(self, bounds: Bounds) -> Iterator[T]:
        """As many as the bounds let through."""
        return chain(self.members[: bounds.members], self.neighbours[: bounds.neighbours])


def bounded(found: Iterable[T], most: int) -> Iterator[T]:
    """The first of them."""
    return islice(found, most)
