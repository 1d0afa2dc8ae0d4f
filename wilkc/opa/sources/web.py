"""A bundle behind an HTTP address, asked for by its tag. Layer: opa; standard library only.

`http.client` reads no proxy variable and no netrc, and follows no redirect: the answer is of
the host that was named, or there is none. Sizes and the whole time are bounded. Tags: RFC 9110
sections 8.8.3 and 13.1.2.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import threading
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from wilkc.core.errors import UnavailableError, UsageError
from wilkc.core.tls import client_context, is_loopback
from wilkc.opa.sources.model import MAX_BUNDLE_BYTES, Offer

if TYPE_CHECKING:
    from collections.abc import Iterator

FETCH_SECONDS: Final = 10.0
"""For one fetch: connection, answer, and all bytes of the bundle."""
MAX_TAG: Final = 1024
_PIECE: Final = 2**16
_VISIBLE: Final = re.compile(r"[!-~]+", re.ASCII)
_REDIRECTS: Final = range(300, 400)


@dataclass(frozen=True, slots=True)
class Address:
    """An address, taken apart.

    Attributes:
        text: as it was given.
        secure: whether it is HTTPS.
        host: name or number.
        port: None for the scheme's own.
        target: path and query.
    """

    text: str
    secure: bool
    host: str
    port: int | None
    target: str


def parse_address(text: str) -> Address:
    """Take an address apart.

    Raises:
        UsageError: it is none that bundles are fetched from.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"`{text}` is no address: {error}") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or not _VISIBLE.fullmatch(text):
        raise UsageError(f"`{text}` is no address of a bundle")
    if "@" in parts.netloc or parts.fragment:
        raise UsageError(f"`{text}` must hold no user, password or fragment")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise UsageError(
            f"`{text}` is not https, and another host is asked by TLS only",
            help_text="serve the bundle by https with TLS 1.3",
        )
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Address(text, parts.scheme == "https", parts.hostname, port, target)


class WebSource:
    """An address that is asked again and again.

    Args:
        address: the address.
        pause_seconds: how long to wait between two questions.
        fetch_seconds: how long one question may take.
    """

    holds_history = False

    def __init__(
        self, address: Address, *, pause_seconds: float, fetch_seconds: float = FETCH_SECONDS
    ) -> None:
        self.pause_seconds = pause_seconds
        self._address = address
        self._seconds = fetch_seconds
        self._tag = ""

    def look(self) -> Iterator[Offer]:
        """The bundle, unless the server says that it is the one it gave before."""
        try:
            found = self._fetch()
        except TimeoutError as error:
            raise self._failure(f"not within {self._seconds:g} s") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._failure(str(error) or type(error).__name__) from error
        if found is not None:
            yield Offer(self._address.text, found)

    def names(self) -> frozenset[str]:
        """The one address."""
        return frozenset({self._address.text})

    def _failure(self, why: str) -> UnavailableError:
        return UnavailableError(f"cannot fetch `{self._address.text}`: {why}")

    def _fetch(self) -> bytes | None:
        deadline = time.monotonic() + self._seconds
        connection = self._connection()
        # A timeout of a socket counts per read; who drips bytes is cut off by the watch.
        held: list[socket.socket] = []
        watch = threading.Timer(self._seconds, _cut_off, [connection, held])
        watch.daemon = True
        watch.start()
        try:
            connection.connect()
            # Where the answer ends with the connection, `http.client` lets go of the socket
            # before the body is read.
            held.append(connection.sock)
            found, tag = self._ask(connection)
        except (OSError, http.client.HTTPException, ValueError) as error:
            if time.monotonic() >= deadline:
                raise TimeoutError from error
            raise
        finally:
            watch.cancel()
            connection.close()
        if time.monotonic() >= deadline:
            # Where no length was told, what was cut off looks whole.
            raise TimeoutError
        self._tag = tag
        return found

    def _connection(self) -> http.client.HTTPConnection:
        place = self._address
        if not place.secure:
            return http.client.HTTPConnection(place.host, place.port, timeout=self._seconds)
        return http.client.HTTPSConnection(
            place.host, place.port, timeout=self._seconds, context=client_context()
        )

    def _ask(self, connection: http.client.HTTPConnection) -> tuple[bytes | None, str]:
        headers = {"Accept": "*/*", **({"If-None-Match": self._tag} if self._tag else {})}
        connection.request("GET", self._address.target, headers=headers)
        with connection.getresponse() as response:
            if response.status == HTTPStatus.NOT_MODIFIED and self._tag:
                return None, self._tag
            if response.status in _REDIRECTS:
                raise ValueError(f"it answers {response.status}, and redirects are not followed")
            if response.status != HTTPStatus.OK:
                raise ValueError(f"it answers {response.status}")
            data = _body(response)
            tag = response.headers.get("ETag", "")
        return data, tag if len(tag) <= MAX_TAG and _VISIBLE.fullmatch(tag) else ""


def _body(response: http.client.HTTPResponse) -> bytes:
    if (response.length or 0) > MAX_BUNDLE_BYTES:
        raise ValueError("it is larger than any bundle may be")
    pieces: list[bytes] = []
    size = 0
    while piece := response.read(_PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > MAX_BUNDLE_BYTES:
            raise ValueError("it is larger than any bundle may be")
    if response.length:
        raise ValueError(f"it is cut short by {response.length} bytes")
    return b"".join(pieces)


def _cut_off(connection: http.client.HTTPConnection, held: list[socket.socket]) -> None:
    for one in held or [connection.sock]:
        if isinstance(one, socket.socket):
            with contextlib.suppress(OSError):
                # Of the plain socket: one with TLS would change its state under the reader.
                socket.socket.shutdown(one, socket.SHUT_RDWR)
