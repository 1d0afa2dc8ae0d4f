"""A decision point that misbehaves on demand."""

from __future__ import annotations

import json
import socket
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GRANT = {
    "decision": True,
    "context": {
        "reason": "PERMISSION_GRANTED",
        "detail": "allowed",
        "message": "allowed by `./x`",
        "rule": {"id": "r", "file": "a.yaml", "line": 1, "column": 2, "text": "./x"},
        "conditions": [{"id": "c", "type": "max_bytes", "properties": {"max_bytes": 1}}],
        "revision": "r1",
    },
}
PROVENANCE = {"bundles": {"wilk": {"revision": "r1"}}}


def answer(result: Any = GRANT, **changes: Any) -> dict[str, Any]:
    """OPA's answer with a decision; members are replaced, or left out where None."""
    whole = {"result": result, "provenance": PROVENANCE, **changes}
    return {name: value for name, value in whole.items() if value is not None}


def http(body: bytes, status: str = "200 OK", headers: str = "") -> bytes:
    """An HTTP answer."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def crowded(path: Path) -> tuple[socket.socket, list[socket.socket]]:
    """A listener who has no room for one more, and those who wait; the last one is not let in."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(0)
    waiting: list[socket.socket] = []
    while True:
        one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        waiting.append(one)
        try:
            one.connect(str(path))
        except BlockingIOError:
            return listener, waiting


class Known:
    """Accepts `r1` alone."""

    def knows(self, revision: str) -> bool:
        return revision == "r1"


@dataclass
class FakePoint:
    """Listens on a unix socket, reads whole HTTP requests, and answers as it is told.

    `reply` gets the connection and the number of the request, and returns bytes to send, or
    None after having done something else with the connection, which is then closed.
    """

    path: Path
    reply: Callable[[socket.socket, int], bytes | None] = lambda _c, _n: http(
        json.dumps(answer()).encode()
    )
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen()
        self._threads = [threading.Thread(target=self._accept)]
        self._open: list[socket.socket] = []
        self._threads[0].start()

    def close(self) -> None:
        self.stopped.set()
        for one in (self._listener, *self._open):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def drop_connections(self) -> None:
        for one in self._open:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def _accept(self) -> None:
        while not self.stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream:
            while head := _head(stream):
                length = next(int(one.split(b":")[1]) for one in head if b"ength:" in one)
                self.requests.append(b"".join(head) + stream.read(length))
                try:
                    data = self.reply(connection, len(self.requests))
                    if data is None:
                        return
                    connection.sendall(data)
                except OSError:
                    return


def _head(stream: Any) -> list[bytes]:
    lines = []
    try:
        while (line := stream.readline()) not in {b"", b"\r\n"}:
            lines.append(line)
    except OSError:
        return []
    return lines


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose path is short enough for a socket, with mode 0700."""
    with tempfile.TemporaryDirectory(prefix="wilk-test-") as name:
        yield Path(name)


@pytest.fixture
def point(short_folder: Path) -> Iterator[FakePoint]:
    """See `FakePoint`."""
    fake = FakePoint(short_folder / "opa.sock")
    yield fake
    fake.close()
