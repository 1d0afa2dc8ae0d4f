"""Limits as decisions carry them, and the denials that replace a grant."""

from __future__ import annotations

from typing import Any

import pytest

from wilkc.core.contract import Condition
from wilkc.runtime.limits import RateExceededError, RateLimit, RateStoreError, limits_of, refusal
from wilkc.runtime.limits.failures import LIMIT_MALFORMED, STORE_UNAVAILABLE
from wilkc.runtime.limits.model import MAX_LIMIT, MAX_WINDOW_SECONDS

GOOD = {"key": "reviewer/llm", "limit": 10, "window_seconds": 3600}
WRONG = [
    {"key": ""}, {"key": None}, {"key": 3}, {"key": ["a"]}, {"key": b"a"},
    {"limit": -1}, {"limit": True}, {"limit": 10.0}, {"limit": "10"}, {"limit": None},
    {"limit": MAX_LIMIT + 1}, {"limit": float("inf")},
    {"window_seconds": 0}, {"window_seconds": -60}, {"window_seconds": 60.0},
    {"window_seconds": "60"}, {"window_seconds": True}, {"window_seconds": None},
    {"window_seconds": MAX_WINDOW_SECONDS + 1}, {"burst": 3},
]  # fmt: skip


def _condition(**changed: Any) -> Condition:
    return Condition("llm.rate", "rate_limit", {**GOOD, **changed})


def test_limits_are_found_among_other_conditions() -> None:
    other = Condition("shell.timeout", "timeout", {"seconds": 3})
    assert limits_of([other, _condition()]) == (RateLimit("reviewer/llm", 10, 3600),)
    assert limits_of([other]) == ()


@pytest.mark.parametrize("changed", WRONG, ids=repr)
def test_a_malformed_limit_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(RateStoreError) as caught:
        limits_of([_condition(**changed)])
    assert caught.value.detail == LIMIT_MALFORMED


@pytest.mark.parametrize("missing", GOOD)
def test_an_incomplete_limit_is_refused(missing: str) -> None:
    given = {name: value for name, value in GOOD.items() if name != missing}
    with pytest.raises(RateStoreError) as caught:
        limits_of([Condition("llm.rate", "rate_limit", given)])
    assert caught.value.detail == LIMIT_MALFORMED


@pytest.mark.parametrize("given", [None, [], ["key", "limit", "window_seconds"], {}, ""])
def test_properties_of_another_shape_are_refused(given: Any) -> None:
    with pytest.raises(RateStoreError) as caught:
        limits_of([Condition("llm.rate", "rate_limit", given)])
    assert caught.value.detail == LIMIT_MALFORMED


@pytest.mark.parametrize("limit", [0, 1, MAX_LIMIT])
@pytest.mark.parametrize("window", [1, MAX_WINDOW_SECONDS])
def test_the_ends_of_the_ranges_are_accepted(limit: int, window: int) -> None:
    assert RateLimit("k", limit, window).window_us == window * 1_000_000


def test_refusals_are_denials() -> None:
    spent = refusal(RateExceededError(RateLimit("k", 3, 60), 1_500_000), revision="r1")
    assert (spent.allow, spent.reason, spent.detail) == (
        False, "RATE_LIMIT_EXCEEDED", "rate_exceeded",
    )  # fmt: skip
    assert spent.message == "the limit of 3 in 60 s is used up for now; try again in 2 s"
    gone = refusal(RateStoreError(STORE_UNAVAILABLE, "the store is gone"), revision="r1")
    assert (gone.allow, gone.reason, gone.detail) == (
        False, "VALIDATION_ERROR", "rate_store_unavailable",
    )  # fmt: skip
    assert spent.revision == gone.revision == "r1"
