"""Asking the decision point from an event loop, which is never blocked. Layer: opa.

The same questions, answers and refusals as `wilkc.opa.transport`; only the waiting differs.
Why not the blocking one in threads: docs/decisions/asking-from-event-loops.md.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from wilkc.core.contract import Decision, Request
from wilkc.opa.answers import Revisions, read_decision
from wilkc.opa.channel import failed
from wilkc.opa.denials import NoAnswerError, no_answer
from wilkc.opa.exchange import Answer, question
from wilkc.opa.line import Line
from wilkc.opa.transport import DEFAULT_SECONDS, MAX_ANSWER_BYTES, ONE_DECISION, body_of

if TYPE_CHECKING:
    from pathlib import Path

MAX_CONNECTIONS: Final = 64
"""Connections of one event loop; whoever finds none waits for one within the deadline."""


class AsyncTransport:
    """A decision point behind a unix socket, for coroutines.

    Safe for several event loops, threads and forks: each loop of each process has connections
    of its own, and each of those serves one question at a time.

    Args:
        socket: path of the socket.
        revisions: which revisions may answer.
        seconds: time for one answer, by the loop's clock.
    """

    def __init__(
        self, socket: Path, revisions: Revisions, *, seconds: float = DEFAULT_SECONDS
    ) -> None:
        self._path = socket
        self._revisions = revisions
        self._seconds = seconds
        self._pools: dict[asyncio.AbstractEventLoop, _Pool] = {}

    async def decide(self, request: Request, *, seconds: float | None = None) -> Decision:
        """The decision on one request, or a denial that says why there is none.

        Args:
            request: the question.
            seconds: time for the answer, if not the usual.
        """
        body = body_of(request)
        if isinstance(body, Decision):
            return body
        time = self._seconds if seconds is None else seconds
        pool = self._pool()
        try:
            async with asyncio.timeout(time):
                answer = await pool.ask(question(ONE_DECISION, body))
            return read_decision(answer.status, answer.body, self._revisions)
        except NoAnswerError as error:
            # Whoever answers oddly is left: next is asked who stands at the path by then.
            pool.leave()
            return no_answer(error)
        except (OSError, ValueError) as error:
            return no_answer(failed(error, self._path, time))

    def _pool(self) -> _Pool:
        loop = asyncio.get_running_loop()
        pool = self._pools.get(loop)
        # After a fork parent and child would read each other's answers.
        if pool is None or pool.process != os.getpid():
            for ended in [one for one in list(self._pools) if one.is_closed()]:
                self._pools.pop(ended, None)
            pool = self._pools[loop] = _Pool(str(self._path))
        return pool


class _Pool:
    """The connections of one event loop."""

    def __init__(self, path: str) -> None:
        self.process = os.getpid()
        self._path = path
        self._idle: list[Line] = []
        self._free = asyncio.Semaphore(MAX_CONNECTIONS)

    async def ask(self, data: bytes) -> Answer:
        """Send a question and read its answer.

        Raises:
            OSError: the connection failed.
            ValueError: the answer is not one that is understood, or too large.
        """
        async with self._free:
            kept = self._kept()
            if kept is not None:
                # It may have been closed meanwhile: OPA was restarted. One fresh try.
                with suppress(ConnectionError):
                    return await self._exchange(kept, data)
            fresh = Line(self._path)
            await fresh.connect()
            return await self._exchange(fresh, data)

    def leave(self) -> None:
        """Close what is kept."""
        while self._idle:
            self._idle.pop().close()

    def _kept(self) -> Line | None:
        while self._idle:
            kept = self._idle.pop()
            if kept.usable:
                return kept
            kept.close()
        return None

    async def _exchange(self, line: Line, data: bytes) -> Answer:
        """The line is kept only after a whole answer: a late one must meet no later ask."""
        answer = await line.ask(data, limit=MAX_ANSWER_BYTES)
        if answer.keeps:
            self._idle.append(line)
        return answer
