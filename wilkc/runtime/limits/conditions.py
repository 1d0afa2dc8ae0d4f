"""From a decision to its limits, and from a failure to a denial. Layer: runtime (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.core.contract import denial
from wilkc.runtime.limits.failures import LIMIT_MALFORMED, RateExceededError, RateStoreError
from wilkc.runtime.limits.model import RateLimit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.core.contract import Condition, Decision

_TYPE: Final = "rate_limit"
_PROPERTIES: Final = {"key", "limit", "window_seconds"}


def limits_of(conditions: Iterable[Condition]) -> tuple[RateLimit, ...]:
    """The limits among the conditions of a decision, in order.

    Raises:
        RateStoreError: one lacks something, says more than is understood, or makes no sense.
    """
    found = []
    for condition in conditions:
        if condition.type == _TYPE:
            given = condition.properties
            if not isinstance(given, dict) or set(given) != _PROPERTIES:
                message = f"the condition `{condition.id}` is not understood"
                raise RateStoreError(LIMIT_MALFORMED, message)
            found.append(RateLimit(**given))
    return tuple(found)


def refusal(error: RateExceededError | RateStoreError, *, revision: str = "") -> Decision:
    """The denial that takes the place of a grant whose hit could not be taken."""
    if isinstance(error, RateExceededError):
        return denial("RATE_LIMIT_EXCEEDED", "rate_exceeded", error.message, revision=revision)
    return denial("VALIDATION_ERROR", error.detail, error.message, revision=revision)
