"""One connection from inside the sandbox, read with a deadline. Layer: runtime."""

from __future__ import annotations

import select
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeVar

from wilkc.runtime.egress.failures import MalformedError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
_READ: Final = 65_536
_LINGER_SECONDS: Final = 1.0
_WRITE_SECONDS: Final = 10.0
_MS: Final = 1000


class GoneError(Exception):
    """The client has gone."""


class Client:
    """Reads a connection piece by piece; what was read too much is kept.

    Args:
        end: the accepted connection.
        later: what it raises where it takes no more for now.
    """

    def __init__(
        self, end: socket.socket, *, later: tuple[type[OSError], ...] = (BlockingIOError,)
    ) -> None:
        self.end = end
        self._later = later
        self.rest = b""

    def until(
        self, split: Callable[[bytes], tuple[T, bytes] | None], deadline: float, detail: str
    ) -> T:
        """What is read off the front once enough has come.

        Args:
            split: takes it off, or says None while there is not enough.
            deadline: on the monotonic clock.
            detail: code of the failure where it does not come in time.

        Raises:
            MalformedError: from `split`, or it did not come in time.
            GoneError: the client has gone.
        """
        while (found := split(self.rest)) is None:
            self.rest += self.receive(deadline, detail)
        taken, self.rest = found
        return taken

    def receive(self, deadline: float, detail: str) -> bytes:
        """The next bytes.

        Raises:
            MalformedError: none came in time.
            GoneError: the client has gone.
        """
        left = deadline - time.monotonic()
        try:
            self.end.settimeout(max(left, 0.001))
            data = self.end.recv(_READ)
        except TimeoutError:
            raise MalformedError(detail, "what is to be sent first did not come in time") from None
        except OSError as error:
            raise GoneError from error
        if not data:
            raise GoneError
        return data

    def send(self, data: bytes, *, unless: int | None = None) -> bool:
        """Send all of it.

        Args:
            data: what to send.
            unless: a descriptor; what is to be read from it ends the sending.

        Returns:
            Whether all was sent; if not, there is something to be read.

        Raises:
            GoneError: the client has gone, or does not read.
        """
        deadline = time.monotonic() + _WRITE_SECONDS
        poll = select.poll()
        poll.register(self.end, select.POLLOUT)
        if unless is not None:
            poll.register(unless, select.POLLIN)
        left = memoryview(data)
        try:
            self.end.setblocking(False)  # noqa: FBT003  # the name of the method says it
            while left:
                ready = {fd for fd, _ in poll.poll(max(deadline - time.monotonic(), 0) * _MS)}
                if unless in ready:
                    return False
                if not ready:
                    raise GoneError
                with suppress(*self._later):
                    left = left[self.end.send(left) :]
        except OSError as error:
            raise GoneError from error
        return True

    def farewell(self, data: bytes) -> None:
        """Send a last word so that it arrives."""
        with suppress(GoneError):
            self.send(data)
            self.leave()

    def leave(self) -> None:
        """End so that all that was sent arrives: what the client still sends is read away."""
        with suppress(GoneError, MalformedError):
            with suppress(OSError):
                self.end.shutdown(socket.SHUT_WR)
            deadline = time.monotonic() + _LINGER_SECONDS
            while time.monotonic() < deadline:
                self.receive(deadline, "")
