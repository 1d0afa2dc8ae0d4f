"""Who asked, on its connection: its body taken, its answer given. Layer: adapters."""

from __future__ import annotations

import http
import select
import ssl
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from wilkc.adapters.mcp.http.asked import TOO_LARGE, RefusedError
from wilkc.adapters.mcp.http.sse import KEEP_ALIVE
from wilkc.adapters.mcp.messages import MAX_MESSAGE
from wilkc.runtime.egress.chunks import Chunks, Sized
from wilkc.runtime.egress.client import Client, GoneError

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    from wilkc.adapters.mcp.http.asked import Asked

BODY_SECONDS: Final = 60.0
KEEP_ALIVE_SECONDS: Final = 15.0
_MS: Final = 1000
_KNOWN: Final = frozenset(int(one) for one in http.HTTPStatus)


class Caller:
    """Who asked, on its connection.

    Args:
        end: the connection.
    """

    def __init__(self, end: socket.socket) -> None:
        # TLS has a word of its own for a buffer that is full.
        self.client = Client(end, later=(BlockingIOError, ssl.SSLWantWriteError))
        self._sending = threading.Lock()
        self._sent = time.monotonic()
        self._begun = False

    def body(self, asked: Asked) -> bytes:
        """The whole body, if it is small and fast enough.

        Raises:
            RefusedError: it is too large.
            MalformedError: it is late, or its chunks are none.
            GoneError: the client has gone.
        """
        if (asked.length or 0) > MAX_MESSAGE:
            raise RefusedError(TOO_LARGE, f"a message has at most {MAX_MESSAGE} bytes")
        if asked.expects:
            self.client.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        taking = Chunks() if asked.length is None else Sized(asked.length)
        deadline = time.monotonic() + BODY_SECONDS
        body = bytearray()
        while not taking.done:
            piece, self.client.rest = self.client.rest, b""
            body += taking.take(piece or self.client.receive(deadline, "body_late"))
            if len(body) > 2 * MAX_MESSAGE:
                raise RefusedError(TOO_LARGE, f"a message has at most {MAX_MESSAGE} bytes")
        return _unchunked(bytes(body)) if asked.length is None else bytes(body)

    def answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Give a whole answer, unless one was begun."""
        if self._begun:
            return
        length = {"Content-Length": str(len(body))}
        self._begun = True
        with suppress(GoneError):
            self._send(_head(status, {**headers, **length}) + body)
        self.end()
        self.client.leave()

    def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """Give the head of an answer that ends with the connection."""
        self._begun = True
        self._send(_head(status, headers))

    def send(self, data: bytes) -> None:
        """Give more of it; raises `GoneError` where nobody takes it."""
        self._send(data)

    def end(self) -> None:
        """Say by TLS that nothing more comes: a cut looks otherwise (RFC 8446 section 6.1)."""
        if isinstance(self.client.end, ssl.SSLSocket):
            with suppress(OSError, ValueError):
                # It is said at once; what the client says to it is not waited for.
                self.client.end.setblocking(False)  # noqa: FBT003  # the name of the method says it
                self.client.end.unwrap()

    def has_gone(self, seconds: float) -> bool:
        """Whether it goes within a time; a stream that is silent for long is kept alive."""
        poll = select.poll()
        poll.register(self.client.end, select.POLLRDHUP)
        if poll.poll(seconds * _MS):
            return True
        if time.monotonic() - self._sent > KEEP_ALIVE_SECONDS:
            self._send(KEEP_ALIVE)
        return False

    def _send(self, data: bytes) -> None:
        with self._sending:
            self._sent = time.monotonic()
            self.client.send(data)


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    phrase = http.HTTPStatus(status).phrase if status in _KNOWN else ""
    lines = [f"HTTP/1.1 {status} {phrase}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _unchunked(data: bytes) -> bytes:
    """The content of chunks that `Chunks` let pass."""
    content, place = [], 0
    while place < len(data):
        end = data.index(b"\r\n", place)
        size = int(data[place:end], 16)
        content.append(data[end + 2 : end + 2 + size])
        place = end + 2 + size + 2
    return b"".join(content)
