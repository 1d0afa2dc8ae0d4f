"""Why a hit could not be taken. Layer: runtime.

UnavailableError
└── RateStoreError      whether a limit is kept cannot be said, so the answer is no
WilkError
└── RateExceededError   the limit is used up for now

`wilkc.runtime.limits.refusal` makes a denial of either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UnavailableError, WilkError

if TYPE_CHECKING:
    from wilkc.runtime.limits.model import RateLimit

STORE_UNAVAILABLE: Final = "rate_store_unavailable"
"""Gone, locked, full, too slow, or not allowed to be used."""

STORE_DAMAGED: Final = "rate_store_damaged"
"""What it holds cannot be read, or was written by another version."""

RECORD_INCOMPLETE: Final = "rate_record_incomplete"
"""Hits of the window may have been lost, so nobody knows how many there were."""

LIMIT_MALFORMED: Final = "rate_limit_malformed"
"""The limit itself makes no sense."""

_SECOND: Final = 1_000_000


class RateStoreError(UnavailableError):
    """Whether a limit is kept cannot be said; the action must not happen.

    Args:
        detail: the stable detail code of the denial.
        message: one line, lower case, no full stop.
        help_text: what to do instead, or empty.
    """

    def __init__(self, detail: str, message: str, *, help_text: str = "") -> None:
        super().__init__(message, help_text=help_text)
        self.detail = detail


class RateExceededError(WilkError):
    """A limit is used up.

    Args:
        limit: the limit.
        wait_us: microseconds until a hit may be free again; None if never.
    """

    def __init__(self, limit: RateLimit, wait_us: int | None) -> None:
        self.limit = limit
        self.retry_after_seconds = None if wait_us is None else -(-max(wait_us, 1) // _SECOND)
        wait = "" if wait_us is None else f"; try again in {self.retry_after_seconds} s"
        super().__init__(
            f"the limit of {limit.limit} in {limit.window_seconds} s is used up for now{wait}"
        )
