"""The server behind the HTTP form: where it is, and one exchange with it. Layer: adapters."""

from __future__ import annotations

import http.client
import socket
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from wilkc.core.errors import UsageError
from wilkc.core.tls import client_context, is_loopback

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping
    from typing import Self

DEFAULT_PATH: Final = "/mcp"
CONNECT_SECONDS: Final = 10.0
_SOCKET: Final = "unix:"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server listens.

    Attributes:
        host: name or address; empty for a unix socket.
        port: of TCP.
        path: of the endpoint.
        socket: path of the unix socket, or empty.
        tls: whether it is spoken to by TLS.
    """

    host: str
    port: int
    path: str
    socket: str = ""
    tls: bool = False


def read_place(text: str) -> Place:
    """The place that `https://HOST/PATH`, `http://127.0.0.1:PORT/PATH` or `unix:SOCKET` names.

    Raises:
        UsageError: it names none, or one that is spoken to in clear beyond this host.
    """
    if text.startswith(_SOCKET):
        return Place("", 0, DEFAULT_PATH, text.removeprefix(_SOCKET))
    try:
        found = urlsplit(text)
        port = found.port
    except ValueError as error:
        raise UsageError(f"`{text}` is no address of a server: {error}") from error
    host = found.hostname or ""
    plain = found.username is None and not found.query and not found.fragment
    if found.scheme not in {"http", "https"} or not host or not plain:
        raise UsageError(
            f"`{text}` is no address of a server",
            help_text="write `https://HOST/mcp`, `http://127.0.0.1:PORT/mcp` or `unix:SOCKET`",
        )
    tls = found.scheme == "https"
    if not tls and not is_loopback(host):
        raise UsageError(
            f"`{host}` is not this host, so what is said to it must be encrypted",
            help_text="write `https://`",
        )
    return Place(host, port or (443 if tls else 80), found.path or DEFAULT_PATH, tls=tls)


class Exchange:
    """One request to a server and its answer, as a context manager.

    Args:
        place: where the server is.
        context: for TLS; None believes the system's authorities.

    Attributes:
        status: of the answer, once asked.
    """

    def __init__(self, place: Place, context: ssl.SSLContext | None) -> None:
        self._place = place
        self._context = context
        self._connection = _Connection(place, context)
        self._answer: http.client.HTTPResponse | None = None
        self.status = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection, which cancels what is under way."""
        with suppress(OSError):
            self._connection.close()

    def ask(self, method: str, headers: Mapping[str, str], body: bytes, seconds: float) -> None:
        """Send a request and read the head of its answer.

        Args:
            method: of HTTP.
            headers: to be sent, beside those of the connection itself.
            body: empty for none.
            seconds: without a byte until the head of the answer has come.

        Raises:
            OSError: the server cannot be reached, or is late.
            http.client.HTTPException: it answers with what is no HTTP.
        """
        self._connection.wait(seconds)
        self._connection.request(
            method, self._place.path, body or None, {**headers, "Connection": "close"}
        )
        self._answer = self._connection.getresponse()
        self.status = self._answer.status

    def header(self, name: str) -> str:
        """A header of the answer, or empty."""
        return (self._answer and self._answer.getheader(name)) or ""

    def read(self, most: int) -> bytes:
        """Some bytes of the answer's body; empty at its end.

        Raises:
            OSError: none came in time.
            http.client.HTTPException: the body is none.
        """
        return self._answer.read1(most) if self._answer else b""

    def patience(self, seconds: float | None) -> None:
        """How long a read may take from now on; None for as long as it likes."""
        self._connection.wait(seconds)

    def interrupt(self) -> None:
        """Let whoever reads in another thread find the end."""
        self._connection.interrupt()


class _Connection(http.client.HTTPConnection):
    def __init__(self, place: Place, context: ssl.SSLContext | None) -> None:
        super().__init__(place.host or "localhost", place.port or None, timeout=CONNECT_SECONDS)
        self._where = place
        self._context = context
        self._raw: socket.socket | None = None

    def connect(self) -> None:
        """Connect as the place says."""
        place = self._where
        if place.socket:
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.sock.settimeout(self.timeout)
            self.sock.connect(place.socket)
        else:
            super().connect()
            if place.tls:
                context = self._context or client_context()
                self.sock = context.wrap_socket(self.sock, server_hostname=place.host)
        self._raw = self.sock

    def interrupt(self) -> None:
        """End the connection under whoever reads it."""
        if self._raw is not None:
            with suppress(OSError):
                # Of the plain socket: one with TLS would show the reader what is encrypted.
                socket.socket.shutdown(self._raw, socket.SHUT_RDWR)

    def wait(self, seconds: float | None) -> None:
        """How long anything may take from now on."""
        self.timeout = seconds
        if self._raw is not None:
            self._raw.settimeout(seconds)
