"""The bundle server that OPA fetches from: loopback, one secret, long polling. Layer: opa.

OPA cannot fetch over a unix socket. The secret keeps other users of the host from reading
the policy; what OPA accepts is settled by the signature. Protocol: OPA's documentation,
"Bundles", "HTTP long polling": an answer of this content type with an ETag makes OPA send
`Prefer: wait=N` and `If-None-Match`, and the request is held until there is something new.
"""

from __future__ import annotations

import hmac
import re
import secrets
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final, Self

from wilkc.core.canonical import sha256_hex
from wilkc.opa.config import LONG_POLL_SECONDS, RESOURCE

if TYPE_CHECKING:
    from types import TracebackType

_CONTENT_TYPE: Final = "application/vnd.openpolicyagent.bundles"
_WAIT: Final = re.compile(r"(?:^|[;,\s])wait=([0-9]{1,4})(?:$|[;,\s])", re.ASCII)
_POLL_SECONDS: Final = 0.05
_SOCKET_SECONDS: Final = 60
"""Longest silence of a client, so that none can hold a thread for ever."""


class Publisher:
    """Serves one bundle, the newest one given, on a port of its own.

    Args:
        archive: the bundle to start with.
    """

    def __init__(self, archive: bytes) -> None:
        self.token = secrets.token_urlsafe(32)
        self._changed = threading.Condition()
        self._count = 0
        self._archive = archive
        self._tag = _tag(archive, 0)
        self._closed = False
        self._server: _Server | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._server = _Server(self)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()

    @property
    def port(self) -> int:
        """The loopback port, or 0 before the start."""
        return int(self._server.server_address[1]) if self._server is not None else 0

    def publish(self, archive: bytes) -> None:
        """Serve another bundle from now on; who waits gets it at once.

        The tag is new even where the bundle is the old one: OPA then activates it again, and
        forgets the error that a refused bundle between the two left in its status.
        """
        with self._changed:
            self._count += 1
            self._archive, self._tag = archive, _tag(archive, self._count)
            self._changed.notify_all()

    def wait_for_other(self, tag: str, seconds: float) -> tuple[bytes, str] | None:
        """The bundle and its tag, as soon as the tag differs; None after the time is up."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while self._tag == tag and not self._closed:
                if not self._changed.wait(deadline - time.monotonic()):
                    return None
            return None if self._closed else (self._archive, self._tag)

    def _serve(self) -> None:
        if self._server is not None:
            self._server.serve_forever(poll_interval=_POLL_SECONDS)


class _Server(ThreadingHTTPServer):
    """Threads are awaited at the end: nothing is left running."""

    daemon_threads = False

    def __init__(self, publisher: Publisher) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.publisher = publisher

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is no event."""


class _Handler(BaseHTTPRequestHandler):
    """Answers `GET /bundle.tar.gz` with the secret, and nothing else."""

    server: _Server
    timeout = _SOCKET_SECONDS
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # the base class calls it so
        """Send the bundle, at once or when it changes."""
        publisher = self.server.publisher
        given = self.headers.get("Authorization", "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, f"Bearer {publisher.token}".encode()):
            self._send(HTTPStatus.UNAUTHORIZED)
        elif self.path != f"/{RESOURCE}":
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


def _tag(archive: bytes, count: int) -> str:
    return f'"{count}-{sha256_hex(archive)}"'
