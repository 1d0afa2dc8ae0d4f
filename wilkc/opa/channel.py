"""Sending a question to the decision point and getting an answer in time. Layer: opa.

Standard library only. Each thread of each process keeps one connection of its own. Nothing is
asked twice, but over a kept connection that turns out to be closed.
"""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

from wilkc.opa.connection import Connection, remaining
from wilkc.opa.denials import LATE_ANSWER, NO_DECISION_POINT, ODD_ANSWER, NoAnswerError

if TYPE_CHECKING:
    from pathlib import Path


def failed(error: OSError | ValueError, socket: Path, seconds: float) -> NoAnswerError:
    """Why there is no answer.

    Args:
        error: what went wrong.
        socket: where was asked.
        seconds: time that there was.
    """
    if isinstance(error, TimeoutError):
        return NoAnswerError(LATE_ANSWER, f"the decision point did not answer within {seconds:g} s")
    if isinstance(error, ValueError):
        return NoAnswerError(ODD_ANSWER, f"the decision point is odd: {error}")
    why = error.strerror or "it closed the connection"
    return NoAnswerError(NO_DECISION_POINT, f"no decision point answers at `{socket}`: {why}")


class Channel:
    """The way to a decision point behind a unix socket."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._kept = threading.local()

    def ask(self, target: str, body: bytes, *, seconds: float, limit: int) -> tuple[int, bytes]:
        """The status and the body of the answer.

        Args:
            target: path and query.
            body: JSON.
            seconds: time for everything together, by this process's clock.
            limit: bytes that the answer may have.

        Raises:
            NoAnswerError: none came, or none in time, or none that is HTTP.
        """
        deadline = time.monotonic() + seconds
        try:
            return self._exchange(target, body, deadline, limit)
        except (OSError, ValueError) as error:
            raise failed(error, self._socket, seconds) from error

    def _exchange(self, target: str, body: bytes, deadline: float, limit: int) -> tuple[int, bytes]:
        kept = self._connection()
        if kept is not None:
            try:
                return self._post(kept, target, body, deadline, limit)
            except ConnectionError:
                # The kept connection was closed meanwhile: OPA was restarted. One fresh try.
                remaining(deadline)
        return self._post(Connection(self._socket), target, body, deadline, limit)

    def _post(
        self, connection: Connection, target: str, body: bytes, deadline: float, limit: int
    ) -> tuple[int, bytes]:
        """The connection is kept only after a whole answer: a late one must meet no later ask."""
        self._kept.connection = None
        try:
            answer = connection.post(target, body, deadline=deadline, limit=limit)
        except BaseException:
            connection.close()
            raise
        if answer.keeps:
            self._kept.connection = (os.getpid(), connection)
        else:
            connection.close()
        return answer.status, answer.body

    def _connection(self) -> Connection | None:
        kept: tuple[int, Connection] | None = getattr(self._kept, "connection", None)
        # After a fork parent and child would read each other's answers, and bytes that wait
        # before anything was asked are the end, or an answer to something else.
        if kept is None or kept[0] != os.getpid() or kept[1].has_input():
            return None
        return kept[1]

    def close(self) -> None:
        """Close this thread's connection."""
        connection = self._connection()
        self._kept.connection = None
        if connection is not None:
            connection.close()
