"""What every store promises, one law each; a grant stands beside its refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.rate_worlds import HOUR, SECOND
from wilkc.runtime.limits import Hit, RateExceededError, RateLimit, RateStoreError
from wilkc.runtime.limits.failures import LIMIT_MALFORMED
from wilkc.runtime.limits.model import MAX_LIMITS

if TYPE_CHECKING:
    from tests.rate_worlds import World

CALLS = RateLimit("reviewer/network", 3, 60)
TOKENS = RateLimit("reviewer/llm", 2, 3600)
HOSTILE = (
    "a", "a ", "A", "a\0", "a\nb", "'; DROP TABLE hits; --", "*", "../../etc", "é", "e\u0301",
    "\ud800", "\udcff", "{x}", "a:b", "a;", "~", "x" * 1_000_000,
)  # fmt: skip


def _fill(world: World, limit: RateLimit) -> list[Hit]:
    return [world.stores[0].hit([limit]) for _ in range(limit.limit)]


def _refused(world: World, *limits: RateLimit) -> RateExceededError:
    for store in world.stores:
        with pytest.raises(RateExceededError) as caught:
            store.hit(limits)
    return caught.value


def test_a_limit_is_granted_and_no_more(world: World) -> None:
    _fill(world, CALLS)
    assert _refused(world, CALLS).limit == CALLS


def test_both_ends_belong_to_a_window(world: World) -> None:
    _fill(world, CALLS)
    world.passes(60 * SECOND + world.slack_us)
    _refused(world, CALLS)
    world.passes(1)
    _fill(world, CALLS)
    _refused(world, CALLS)


def test_a_window_slides(world: World) -> None:
    for _ in range(3):
        world.stores[0].hit([CALLS])
        world.passes(25 * SECOND)
    # The first is 75 seconds old, the second 50.
    world.stores[0].hit([CALLS])
    _refused(world, CALLS)


def test_a_refusal_says_when_to_try_again(world: World) -> None:
    _fill(world, CALLS)
    world.passes(20 * SECOND)
    seconds = _refused(world, CALLS).retry_after_seconds
    assert seconds in {41, 42}
    world.passes(seconds * SECOND)
    assert world.stores[0].hit([CALLS])


def test_a_refused_hit_counts_for_nothing(world: World) -> None:
    _fill(world, CALLS)
    world.passes(50 * SECOND)
    for _ in range(5):
        _refused(world, CALLS)
    world.passes(11 * SECOND)
    _fill(world, CALLS)


def test_nothing_is_granted_under_a_limit_of_zero(world: World) -> None:
    none = RateLimit("reviewer/network", 0, 60)
    assert _refused(world, none).retry_after_seconds is None
    one = RateLimit("reviewer/network", 1, 60)
    assert world.stores[0].hit([one])


def test_several_limits_are_taken_all_or_none(world: World) -> None:
    _fill(world, TOKENS)
    assert _refused(world, CALLS, TOKENS).limit == TOKENS
    assert _refused(world, TOKENS, CALLS).limit == TOKENS
    # Nothing was taken of the other.
    _fill(world, CALLS)
    _refused(world, CALLS)


def test_several_limits_are_all_taken(world: World) -> None:
    world.stores[0].hit([CALLS, TOKENS])
    world.stores[-1].hit([TOKENS, CALLS])
    assert _refused(world, TOKENS).limit == TOKENS
    assert world.stores[0].hit([CALLS])
    assert _refused(world, CALLS).limit == CALLS


def test_limits_of_one_key_share_its_hits(world: World) -> None:
    short, long = RateLimit("k", 2, 10), RateLimit("k", 3, 100)
    world.stores[0].hit([short, long])
    world.stores[0].hit([short, long])
    assert _refused(world, short, long).limit == short
    world.passes(11 * SECOND)
    world.stores[0].hit([short, long])
    world.passes(11 * SECOND)
    assert _refused(world, short, long).limit == long


def test_a_refunded_hit_is_free_again(world: World) -> None:
    hits = _fill(world, CALLS)
    world.passes(SECOND)
    world.stores[-1].refund(hits[1])
    assert world.stores[0].hit([CALLS])
    _refused(world, CALLS)


def test_a_hit_is_refunded_once(world: World) -> None:
    hits = _fill(world, CALLS)
    for _ in range(3):
        world.stores[0].refund(hits[0])
    assert world.stores[0].hit([CALLS])
    _refused(world, CALLS)


def test_a_refund_gives_back_all_limits(world: World) -> None:
    hit = world.stores[0].hit([CALLS, TOKENS])
    world.stores[0].refund(hit)
    _fill(world, CALLS)
    _fill(world, TOKENS)
    _refused(world, CALLS)
    _refused(world, TOKENS)


def test_a_hit_that_was_never_taken_gives_nothing_back(world: World) -> None:
    hits = _fill(world, CALLS)
    world.stores[0].refund(Hit((CALLS,), at=hits[0].at))
    world.stores[0].refund(Hit((TOKENS,), hits[0].token, hits[0].at))
    _refused(world, CALLS)


def test_a_late_refund_changes_nothing(world: World) -> None:
    hits = _fill(world, CALLS)
    world.passes(HOUR)
    _fill(world, CALLS)
    world.stores[0].refund(hits[0])
    _refused(world, CALLS)


def test_any_text_is_a_key_of_its_own(world: World) -> None:
    for key in HOSTILE:
        assert world.stores[0].hit([RateLimit(key, 1, 60)])
    for key in HOSTILE:
        _refused(world, RateLimit(key, 1, 60))


def test_a_decision_has_some_limits_but_not_too_many(world: World) -> None:
    many = [RateLimit(f"k{number}", 1, 60) for number in range(MAX_LIMITS + 1)]
    for limits in ([], many):
        with pytest.raises(RateStoreError) as caught:
            world.stores[0].hit(limits)
        assert caught.value.detail == LIMIT_MALFORMED
    assert world.stores[0].hit(many[1:])


def test_stores_may_be_closed_and_asked_again(world: World) -> None:
    _fill(world, CALLS)
    for store in world.stores:
        store.close()
        store.close()
    _refused(world, CALLS)
