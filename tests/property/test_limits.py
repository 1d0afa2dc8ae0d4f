"""Generated hits, refunds and clocks: every store against a naive list of what was granted."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.rate_worlds import HOUR, SECOND, MemoryWorld, RedisWorld, SqliteWorld
from wilkc.runtime.limits import Hit, RateExceededError, RateLimit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.rate_worlds import World
    from wilkc.runtime.limits import RateStore

STEPS = 150
WORLDS = 3
PLAIN = ("reviewer/llm", "reviewer/network", "builder/llm")
HOSTILE = ("", "k", "k:", "k\0", "k;", "\ud800", "é", "e\u0301", "'--", "{k}", "*", "k" * 9000)
WINDOWS = (1, 2, 60, 3600)


@dataclass
class Naive:
    """Every grant with its time, looked through from the beginning for each question."""

    slack_us: int
    now: int = 0
    grants: list[tuple[int, str, Hit]] = field(default_factory=list)

    def used(self, limit: RateLimit, *, slack_us: int) -> int:
        """How many hits of a key the window that ends now holds."""
        oldest = self.now - limit.window_us - slack_us
        return sum(key == limit.key and at >= oldest for at, key, _ in self.grants)

    def refuses(self, limits: Sequence[RateLimit], *, slack_us: int) -> RateLimit | None:
        """The first limit that is used up."""
        spent = (one for one in limits if self.used(one, slack_us=slack_us) >= one.limit)
        return next(spent, None)

    def granted(self, hit: Hit) -> None:
        """Write a grant down."""
        keys = {limit.key for limit in hit.limits}
        self.grants += [(self.now, key, hit) for key in sorted(keys)]

    def refunded(self, hit: Hit) -> None:
        """Strike a grant out."""
        self.grants = [one for one in self.grants if one[2] != hit]


class Walk:
    """One walk through a world, and what is true at each step."""

    def __init__(self, world: World, chosen: random.Random, *, hostile: bool) -> None:
        self._world = world
        self._random = chosen
        self._naive = Naive(world.slack_us)
        keys = [f"{key}{chosen.random()}" for key in (HOSTILE if hostile else PLAIN)]
        limits = [0, 1, 2, 5] if hostile else [1, 3]
        # A key has one window, or what a shorter one let go would be missed by a longer one.
        self._limits = [
            RateLimit(key, chosen.choice(limits), chosen.choice(WINDOWS)) for key in keys
        ]
        self._hits: list[Hit] = []
        self._stepped = False
        self._hostile = hostile
        self.granted = self.refused = 0

    def go(self) -> None:
        """Some steps of every kind."""
        kinds: list[Callable[[], None]] = [self._hit] * 6 + [self._pass] * 3 + [self._refund]
        if self._hostile:
            kinds.append(self._step)
        for _ in range(STEPS):
            self._random.choice(kinds)()
        # A store learns of another boot when it is next asked, and holds all hits for new then.
        _hit_or_spent(self._world.stores[0], self._limits[:1])
        # Well again: after the longest window everything is free.
        self._passes(2 * HOUR + 2 * SECOND)
        for limit in self._limits:
            if limit.limit:
                self._world.stores[0].hit([limit])

    def _hit(self) -> None:
        limits = self._random.sample(self._limits, self._random.randint(1, 3))
        store = self._random.choice(self._world.stores)
        if self._hostile and self._random.random() < 0.1:
            limits += limits
        exact = self._naive.refuses(limits, slack_us=self._naive.slack_us)
        hit = _hit_or_spent(store, limits)
        if isinstance(hit, RateLimit):
            self.refused += 1
            # A clock that was set may cost grants; without one the two agree.
            assert self._stepped or hit == exact
        else:
            self.granted += 1
            # Of true time, and without the slack where a clock was set.
            slack_us = 0 if self._stepped else self._naive.slack_us
            assert self._naive.refuses(limits, slack_us=slack_us) is None
            self._naive.granted(hit)
            self._hits.append(hit)

    def _refund(self) -> None:
        if self._hits:
            hit = self._random.choice(self._hits)
            self._random.choice(self._world.stores).refund(hit)
            self._naive.refunded(hit)

    def _pass(self) -> None:
        window = self._random.choice(self._limits).window_us
        edge = window + self._naive.slack_us
        self._passes(
            self._random.choice([0, 1, window - 1, edge, edge + 1, self._random.randrange(window)])
        )

    def _step(self) -> None:
        self._stepped = True
        self._world.steps(self._random.choice([-HOUR, HOUR, -SECOND, SECOND, -10 * SECOND]))

    def _passes(self, microseconds: int) -> None:
        self._naive.now += microseconds
        self._world.passes(microseconds)


def _hit_or_spent(store: RateStore, limits: Sequence[RateLimit]) -> Hit | RateLimit:
    try:
        return store.hit(limits)
    except RateExceededError as error:
        return error.limit


@pytest.mark.parametrize("hostile", [False, True], ids=["plain", "hostile"])
@pytest.mark.parametrize("kind", ["memory", "sqlite", "redis"])
def test_stores_grant_what_a_naive_count_grants(  # fixtures
    kind: str,
    hostile: bool,
    seed: int,
    effort: int,
    compared: Callable[[int], None],
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    granted = refused = 0
    for number in range(WORLDS * effort):
        place = tmp_path / str(number)
        place.mkdir()
        world: World
        if kind == "memory":
            world = MemoryWorld()
        elif kind == "sqlite":
            world = SqliteWorld(place)
        else:
            world = RedisWorld(request.getfixturevalue("redis_server"), monkeypatch, str(place))
        walk = Walk(world, random.Random(f"{seed} {kind} {hostile} {number}"), hostile=hostile)
        walk.go()
        granted += walk.granted
        refused += walk.refused
        compared(walk.granted + walk.refused)
    # Of all worlds together: one alone may draw limits that grant next to nothing.
    assert min(granted, refused) > WORLDS * effort * STEPS // 20
