"""One HTTP connection over a unix socket, with one deadline for everything. Layer: opa.

A socket's timeout counts per read, so a peer that drips bytes could hold an action for ever:
here every read gets only what is left of the deadline.
"""

from __future__ import annotations

import select
import socket
import time
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path

_HEADERS: Final = {"Content-Type": "application/json", "Accept": "application/json"}


class _DeadlineSocket(socket.socket):
    """Reads and writes only until its deadline, a time of the monotonic clock."""

    deadline = 0.0

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        self.settimeout(remaining(self.deadline))
        super().sendall(*args, **kwargs)

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(remaining(self.deadline))
        return super().recv_into(*args, **kwargs)

    def __del__(self) -> None:
        # A thread that ends leaves its connection behind; that is no fault worth a warning.
        self.close()


def remaining(deadline: float) -> float:
    """Seconds left.

    Raises:
        TimeoutError: none.
    """
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class Connection(HTTPConnection):
    """A connection that may be kept between requests, for one thread of one process."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost")
        self._path = path
        self._deadline = 0.0

    def connect(self) -> None:
        """Connect within the deadline of the request under way."""
        connected = _DeadlineSocket(socket.AF_UNIX, socket.SOCK_STREAM)
        connected.deadline = self._deadline
        try:
            connected.settimeout(remaining(self._deadline))
            connected.connect(str(self._path))
        except BaseException:
            connected.close()
            raise
        self.sock = connected

    def has_input(self) -> bool:
        """Whether there is something to read, which the end of the connection is, too."""
        if self.sock is None:
            return False
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return bool(poll.poll(0))

    def post(self, target: str, body: bytes, *, deadline: float, limit: int) -> tuple[int, bytes]:
        """Send a question and read its answer; see `get` for what is raised.

        Args:
            target: path and query.
            body: JSON.
            deadline: on the monotonic clock, for everything together.
            limit: bytes that an answer may have.

        Returns:
            The status and the body.
        """
        return self._exchange("POST", target, body, deadline, limit)

    def get(self, target: str, *, deadline: float, limit: int) -> tuple[int, bytes]:
        """Ask for a page and read it.

        Args:
            target: path and query.
            deadline: on the monotonic clock, for everything together.
            limit: bytes that an answer may have.

        Returns:
            The status and the body.

        Raises:
            TimeoutError: the deadline passed.
            OSError: the connection failed.
            http.client.HTTPException: the answer is not HTTP.
            ValueError: the answer is larger than `limit`.
        """
        return self._exchange("GET", target, None, deadline, limit)

    def _exchange(
        self, method: str, target: str, body: bytes | None, deadline: float, limit: int
    ) -> tuple[int, bytes]:
        self._deadline = deadline
        if isinstance(self.sock, _DeadlineSocket):
            self.sock.deadline = deadline
        self.request(method, target, body, _HEADERS)
        with self.getresponse() as response:
            content = response.read(limit + 1)
        if len(content) > limit:
            raise ValueError(f"the answer has more than {limit} bytes")
        return response.status, content
