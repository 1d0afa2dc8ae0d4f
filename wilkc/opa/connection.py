"""One connection over a unix socket, with one deadline for everything. Layer: opa.

A socket's timeout counts per read, so a peer that drips bytes could hold an action for ever:
here every read gets only what is left of the deadline.
"""

from __future__ import annotations

import select
import socket
import time
from typing import TYPE_CHECKING, Final

from wilkc.opa.exchange import Answer, question
from wilkc.opa.peer import require_own_peer

if TYPE_CHECKING:
    from pathlib import Path

READ_BYTES: Final = 65_536
"""Bytes taken from a socket at a time."""
FULL_SECONDS: Final = 0.01
"""How long to wait where too many others wait to be let in."""
_MS: Final = 1000


def remaining(deadline: float) -> float:
    """Seconds left.

    Raises:
        TimeoutError: none.
    """
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class QuietSocket(socket.socket):
    """A socket that may be left behind: a thread or a loop that ends does not close its own."""

    def __del__(self) -> None:
        # That is no fault worth a warning.
        self.close()


def has_input(connected: socket.socket) -> bool:
    """Whether there is something to read, which the end of the connection is, too."""
    poll = select.poll()
    poll.register(connected, select.POLLIN)
    return bool(poll.poll(0))


class Connection:
    """A connection that may be kept between requests, for one thread of one process."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._socket: socket.socket | None = None
        self._arrivals = select.poll()

    def has_input(self) -> bool:
        """Whether there is something to read, which the end of the connection is, too."""
        return self._socket is not None and bool(self._arrivals.poll(0))

    def post(self, target: str, body: bytes, *, deadline: float, limit: int) -> Answer:
        """Send a question and read its answer; see `get`.

        Args:
            target: path and query.
            body: JSON.
            deadline: on the monotonic clock, for everything together.
            limit: bytes that an answer may have.
        """
        return self._exchange(question(target, body), deadline, limit)

    def get(self, target: str, *, deadline: float, limit: int) -> Answer:
        """Ask for a page and read it.

        Args:
            target: path and query.
            deadline: on the monotonic clock, for everything together.
            limit: bytes that an answer may have.

        Raises:
            TimeoutError: the deadline passed.
            OSError: the connection failed; `ConnectionError` where no byte of an answer came.
            ValueError: the answer is not one that is understood, or too large.
        """
        return self._exchange(question(target, None), deadline, limit)

    def close(self) -> None:
        """Close it."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
            self._arrivals = select.poll()

    def _exchange(self, data: bytes, deadline: float, limit: int) -> Answer:
        connected = self._socket or self._connect(deadline)
        _send(connected, data, deadline)
        answer = Answer(limit)
        while True:
            # A socket with a timeout of its own would be looked at before every call.
            if not self._arrivals.poll(remaining(deadline) * _MS):
                raise TimeoutError
            data = connected.recv(READ_BYTES)
            require_more(data, answer)
            if answer.take(data):
                return answer

    def _connect(self, deadline: float) -> socket.socket:
        connecting = self._socket = QuietSocket(
            socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK
        )
        while True:
            try:
                connecting.connect(self._path)
                break
            except BlockingIOError:
                # A unix socket connects at once or not at all (connect(2), EAGAIN), also where a
                # timeout is set.
                time.sleep(min(FULL_SECONDS, remaining(deadline)))
        require_own_peer(connecting, self._path)
        self._arrivals.register(connecting, select.POLLIN)
        return connecting


def _send(connected: socket.socket, data: bytes, deadline: float) -> None:
    while data:
        try:
            data = data[connected.send(data) :]
        except BlockingIOError:
            room = select.poll()
            room.register(connected, select.POLLOUT)
            room.poll(remaining(deadline) * _MS)


def require_more(data: bytes, answer: Answer) -> None:
    """Refuse the end of a connection in place of the next bytes of an answer.

    Raises:
        ConnectionResetError: nothing of the answer has come.
        ValueError: the answer is cut off.
    """
    if data:
        return
    if answer.begun:
        raise ValueError("its answer is cut off")
    raise ConnectionResetError
