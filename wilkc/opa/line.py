"""One connection of an event loop to the decision point. Layer: opa."""

from __future__ import annotations

import asyncio
import socket

from wilkc.opa.connection import (
    FULL_SECONDS,
    READ_BYTES,
    QuietSocket,
    has_input,
    require_more,
)
from wilkc.opa.exchange import Answer
from wilkc.opa.peer import require_own_peer


class Line:
    """A connection that serves one question at a time, and may be kept in between.

    The loop watches it from the beginning to the end: watching anew for each answer costs two
    system calls more than the answer itself.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._loop = asyncio.get_running_loop()
        self._socket = QuietSocket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        self._answer = Answer(0)
        self._whole: asyncio.Future[None] | None = None

    async def connect(self) -> None:
        """Connect, as soon as whoever listens has room for one more.

        Raises:
            OSError: nobody listens, or another user does.
        """
        try:
            # A unix socket connects at once or not at all (connect(2), EAGAIN); the loop's own
            # `sock_connect` would take one that was put off for connected.
            while not self._connected():  # noqa: ASYNC110  # nobody tells when there is room
                await asyncio.sleep(FULL_SECONDS)
            require_own_peer(self._socket, self._path)
        except BaseException:
            self._socket.close()
            raise
        self._loop.add_reader(self._socket, self._take)

    def _connected(self) -> bool:
        try:
            self._socket.connect(self._path)
        except BlockingIOError:
            return False
        return True

    @property
    def usable(self) -> bool:
        """Whether it may be asked again: it neither ended nor said anything unasked."""
        return self._socket.fileno() >= 0 and not has_input(self._socket)

    async def ask(self, data: bytes, *, limit: int) -> Answer:
        """Send a question and read its answer; whatever goes wrong closes the connection.

        Args:
            data: the question.
            limit: bytes that the body of the answer may have.

        Raises:
            OSError: the connection failed; `ConnectionError` where no byte of an answer came.
            ValueError: the answer is not one that is understood, or too large.
        """
        self._answer = Answer(limit)
        self._whole = self._loop.create_future()
        try:
            await self._send(data)
            await self._whole
        except BaseException:
            self.close()
            raise
        finally:
            self._whole = None
        if not self._answer.keeps:
            self.close()
        return self._answer

    def close(self) -> None:
        """Close it."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket)
            self._socket.close()

    async def _send(self, data: bytes) -> None:
        try:
            sent = self._socket.send(data)
        except BlockingIOError:
            sent = 0
        if sent < len(data):
            await self._loop.sock_sendall(self._socket, data[sent:])

    def _take(self) -> None:
        whole = self._whole
        if whole is None or whole.done():
            # The end of a kept connection, or an answer to nothing.
            self.close()
            return
        try:
            data = self._socket.recv(READ_BYTES)
            require_more(data, self._answer)
            if self._answer.take(data):
                whole.set_result(None)
        except BlockingIOError:
            return
        except (OSError, ValueError) as error:
            whole.set_exception(error)
