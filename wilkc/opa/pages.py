"""The pages `/status` and `/metrics`, beside the decision point and never on it. Layer: opa.

They stand on a socket of their own in the run folder, for its owner, and on a loopback port
where one is wished: Prometheus reads no unix sockets. One request is served at a time, so
that no number of clients takes threads from the supervisor.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.errors import UnavailableError
from wilkc.opa.condition import Condition, condition_of, read_condition
from wilkc.opa.config import STATUS_SOCKET
from wilkc.opa.connection import Connection
from wilkc.opa.metrics import CONTENT_TYPE, metrics_page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from wilkc.opa.keeper import Keeper
    from wilkc.opa.sidecar import Sidecar
    from wilkc.opa.upkeep import Upkeep

MAX_PAGE_BYTES: Final = 2**20
SECONDS: Final = 2.0
"""For a client to ask, for OPA's own page, and for reading the status."""
_POLL_SECONDS: Final = 0.1


class Pages:
    """Serves both pages until the end of the context.

    Args:
        sidecar: who is watched; it must be running.
        keeper: who keeps it.
        port: loopback port to serve on as well, or None.
        upkeep: tells how the audit log is looked after; None where none is kept.

    Raises:
        UnavailableError: a place is taken.
    """

    def __init__(
        self,
        sidecar: Sidecar,
        keeper: Keeper,
        *,
        port: int | None = None,
        upkeep: Callable[[], Upkeep] | None = None,
    ) -> None:
        self._sidecar = sidecar
        self._upkeep = upkeep
        self._keeper = keeper
        self._port = port
        self._servers: list[tuple[_Server, threading.Thread]] = []

    def __enter__(self) -> Self:
        try:
            path = status_socket(self._sidecar.socket)
            # One that was killed left it; the run folder's lock says that nobody uses it.
            path.unlink(missing_ok=True)
            self._serve(_UnixServer(str(path), self))
            path.chmod(0o600)
            if self._port is not None:
                self._serve(_Server(("127.0.0.1", self._port), self))
        except OSError as error:
            self.close()
            raise UnavailableError(f"cannot serve `/metrics`: {error.strerror}") from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End both servers."""
        for server, thread in self._servers:
            server.shutdown()
            server.server_close()
            thread.join()
        self._servers.clear()

    def page(self, path: str) -> tuple[str, str] | None:
        """The content type and the text of a page, or None where there is none."""
        upkeep = None if self._upkeep is None else self._upkeep()
        condition = condition_of(self._sidecar, self._keeper, upkeep)
        if path == "/status":
            return "application/json", json.dumps(condition.as_json(), ensure_ascii=False)
        if path == "/metrics":
            return CONTENT_TYPE, metrics_page(condition, _opa_page(self._sidecar.socket))
        return None

    def _serve(self, server: _Server) -> None:
        thread = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True)
        thread.start()
        self._servers.append((server, thread))


def status_socket(socket_path: Path) -> Path:
    """The socket of the pages beside that of the decision point."""
    return socket_path.with_name(STATUS_SOCKET)


def ask_condition(socket_path: Path) -> Condition:
    """How the sidecar fares whose decision point is there.

    Raises:
        UnavailableError: none runs there, or it does not answer.
    """
    try:
        text = _get(status_socket(socket_path), "/status")
        return read_condition(json.loads(text))
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it does not answer"
        raise UnavailableError(
            f"no sidecar is running at `{socket_path}`: {why}",
            help_text="start one: wilkc serve --bundle PLACE --key FILE --socket PATH",
        ) from error


def _opa_page(path: Path) -> str | None:
    try:
        return _get(path, "/metrics")
    except (OSError, ValueError):
        return None


def _get(path: Path, target: str) -> str:
    connection = Connection(path)
    deadline = time.monotonic() + SECONDS
    try:
        answer = connection.get(target, deadline=deadline, limit=MAX_PAGE_BYTES)
    finally:
        connection.close()
    if answer.status != HTTPStatus.OK:
        raise ValueError(f"status {answer.status}")
    return answer.body.decode("utf-8")


class _Server(HTTPServer):
    def __init__(self, place: Any, pages: Pages) -> None:
        super().__init__(place, _Handler)
        self.pages = pages

    def server_bind(self) -> None:
        """Without the look-up of the host's name that the base class does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is no event."""


class _UnixServer(_Server):
    address_family = socket.AF_UNIX


class _Handler(BaseHTTPRequestHandler):
    """Answers GET for the pages there are."""

    server: _Server
    timeout = SECONDS
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # the base class calls it so
        """Send a page."""
        found = self.server.pages.page(self.path)
        kind, text = found or ("text/plain", "")
        body = text.encode("utf-8", "backslashreplace")
        self.send_response(HTTPStatus.OK if found else HTTPStatus.NOT_FOUND)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        # One at a time is served: none may keep its place.
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's name
        """Requests are not logged: they come every few seconds."""
