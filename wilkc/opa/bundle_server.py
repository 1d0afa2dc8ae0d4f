"""The HTTP side of the bundle server: what OPA is answered. Layer: opa.

Loaded by the thread that serves, while OPA starts: it is slow to load. Protocol: OPA's
documentation, "Bundles", "HTTP long polling": an answer of this content type with an ETag makes
OPA send `Prefer: wait=N` and `If-None-Match`, and the request is held until there is something
new.

Anybody on this host can connect. Of those who have not shown the secret only the newest few keep
their connections: however many come and say nothing, OPA, who shows it at once, is heard, and the
end waits for none of them.
"""

from __future__ import annotations

import hmac
import re
import socket as sockets
import threading
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final, Protocol

from wilkc.opa.config import LONG_POLL_SECONDS, RESOURCE

if TYPE_CHECKING:
    from socket import socket

_CONTENT_TYPE: Final = "application/vnd.openpolicyagent.bundles"
_WAIT: Final = re.compile(r"(?:^|[;,\s])wait=([0-9]{1,4})(?:$|[;,\s])", re.ASCII)
MAX_STRANGERS: Final = 32
"""Connections that have not shown the secret; the oldest is cut off for one more."""
_SOCKET_SECONDS: Final = 60
"""Longest silence of a client, so that none can hold a thread for ever."""


class Shelf(Protocol):
    """What is served.

    Attributes:
        token: the secret that whoever fetches must know.
    """

    token: str

    def wait_for_other(self, tag: str, seconds: float) -> tuple[bytes, str] | None:
        """The bundle and its tag, as soon as the tag differs; None after the time is up."""
        ...


class BundleServer(ThreadingHTTPServer):
    """Threads are awaited at the end: nothing is left running.

    Args:
        listening: bound and listening; closed with the server.
        publisher: what is served.
    """

    daemon_threads = False

    def __init__(self, listening: socket, publisher: Shelf) -> None:
        super().__init__(listening.getsockname(), _Handler, bind_and_activate=False)
        # The one that the base class made was never bound.
        self.socket.close()
        self.socket = listening
        self.publisher = publisher
        self._strangers: dict[Any, None] = {}
        self._guard = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Make room for a stranger, and serve it in a thread."""
        with self._guard:
            while len(self._strangers) >= MAX_STRANGERS:
                oldest = next(iter(self._strangers))
                del self._strangers[oldest]
                _cut_off(oldest)
            self._strangers[request] = None
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """End a connection."""
        self.knows(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """End all connections; who waits for a bundle was told before that there is none."""
        with self._guard:
            for stranger in self._strangers:
                _cut_off(stranger)
        super().server_close()

    def knows(self, request: Any) -> None:
        """It is no stranger any more, or no connection."""
        with self._guard:
            self._strangers.pop(request, None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is no event."""


def _cut_off(connection: sockets.socket) -> None:
    with suppress(OSError):
        connection.shutdown(sockets.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    """Answers `GET /bundle.tar.gz` with the secret, and nothing else."""

    server: BundleServer
    timeout = _SOCKET_SECONDS
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # the base class calls it so
        """Send the bundle, at once or when it changes."""
        publisher = self.server.publisher
        given = self.headers.get("Authorization", "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, f"Bearer {publisher.token}".encode()):
            self.close_connection = True
            self._send(HTTPStatus.UNAUTHORIZED)
            return
        self.server.knows(self.connection)
        if self.path != f"/{RESOURCE}":
            self._send(HTTPStatus.NOT_FOUND)
        else:
            known = self.headers.get("If-None-Match", "")
            found = publisher.wait_for_other(known, self._wait_seconds())
            if found is None:
                self._send(HTTPStatus.NOT_MODIFIED, tag=known)
            else:
                self._send(HTTPStatus.OK, *found)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's name
        """Requests are not logged: OPA asks twice a minute."""

    def _wait_seconds(self) -> int:
        found = _WAIT.search(self.headers.get("Prefer", ""))
        return min(int(found[1]), LONG_POLL_SECONDS) if found else 0

    def _send(self, status: HTTPStatus, body: bytes = b"", tag: str = "") -> None:
        self.send_response(status)
        if tag:
            self.send_header("ETag", tag)
        if status is HTTPStatus.OK:
            self.send_header("Content-Type", _CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
