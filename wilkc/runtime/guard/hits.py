"""The hits of a grant: taken before it is acted on, given back where it is not. Layer: runtime."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from wilkc.core.contract import Decision, denial
from wilkc.runtime.guard.conditions import RATE_LIMIT
from wilkc.runtime.limits import Hit, RateExceededError, RateStoreError, limits_of
from wilkc.runtime.limits import refusal as rate_refusal
from wilkc.runtime.limits.failures import STORE_UNAVAILABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from wilkc.runtime.limits import RateStore

    Refund = Callable[[], object]


def take_hits(decision: Decision, store: RateStore | None) -> tuple[Decision, Refund | None]:
    """Take the hits that a grant demands.

    Args:
        decision: any decision; a denial takes none.
        store: who counts.

    Returns:
        The decision, or the denial in its place, and how to give the hits back.
    """
    if not decision.allow or all(one.type != RATE_LIMIT for one in decision.conditions):
        return decision, None
    try:
        limits = limits_of(decision.conditions)
        hit = None if store is None else store.hit(limits)
    except (RateExceededError, RateStoreError) as error:
        return rate_refusal(error, revision=decision.revision), None
    except Exception as error:  # noqa: BLE001  # a store that cannot be asked denies
        return _uncounted(decision, str(error)), None
    if store is None or not isinstance(hit, Hit):
        return _uncounted(decision, "nobody counts"), None
    return decision, partial(store.refund, hit)


def give_back(refund: Refund | None) -> None:
    """Give hits back; one that cannot be given back goes on counting, which permits less."""
    if refund is not None:
        with suppress(Exception):
            refund()


def _uncounted(decision: Decision, why: str) -> Decision:
    text = f"whether the rate is kept cannot be said: {why}"
    return denial("VALIDATION_ERROR", STORE_UNAVAILABLE, text, revision=decision.revision)
