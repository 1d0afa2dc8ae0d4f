"""Deciding only about agents that are not revoked, from an event loop. Layer: runtime.

The table is looked at in a thread: a disk, or the server of a fleet, may hold whoever looks.
"""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import TYPE_CHECKING, Protocol

from wilkc.opa.denials import LATE_ANSWER, NoAnswerError, no_answer
from wilkc.runtime.guard.unrevoked import time_left

if TYPE_CHECKING:
    from wilkc.core.contract import Decision, Request
    from wilkc.runtime.guard.pool import Pool
    from wilkc.runtime.guard.unrevoked import Unrevoked


class AsyncPoint(Protocol):
    """Who decides, for coroutines; a failure to do so is a denial, never an exception."""

    async def decide(self, request: Request, *, seconds: float | None = None) -> Decision:
        """The decision on one request, within so many seconds."""
        ...


class AsyncUnrevoked:
    """See `Unrevoked`; for coroutines.

    Args:
        point: decides about agents that are not revoked.
        unrevoked: tells which are.
        pool: its threads.
    """

    def __init__(self, point: AsyncPoint, unrevoked: Unrevoked, pool: Pool) -> None:
        self._point = point
        self._unrevoked = unrevoked
        self._pool = pool

    async def decide(self, request: Request, *, seconds: float | None = None) -> Decision:
        """See `AsyncPoint`."""
        started = time.monotonic()
        try:
            async with asyncio.timeout(seconds):
                refusal = await self._pool.run(partial(self._unrevoked.refusal, request))
        except TimeoutError:
            text = "the list of what is revoked could not be looked at in time"
            return no_answer(NoAnswerError(LATE_ANSWER, text))
        if refusal is not None:
            return refusal
        return await self._point.decide(request, seconds=time_left(seconds, started))
