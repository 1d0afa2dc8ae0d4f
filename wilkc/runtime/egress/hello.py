"""The first TLS record of a tunnel: whom the client says it wants to speak to.

Layer: runtime. No I/O. RFC 8446, sections 4.1.2 and 5.1; RFC 6066, section 3. TLS is not
broken: only what stands in the clear is read. A hello may be split over records and over
packets; it is looked at only when it is whole.
"""

from __future__ import annotations

from typing import Final

from wilkc.core.errors import RequestError
from wilkc.language.hosts import canonical_host
from wilkc.runtime.egress.failures import HelloError

MAX_HELLO: Final = 16_384
"""Bytes of a hello with the frames of its records."""
_HANDSHAKE: Final = 0x16
_CLIENT_HELLO: Final = 0x01
_FRAME: Final = 5
_MESSAGE: Final = 4
_SERVER_NAME: Final = 0
_HOST_NAME: Final = 0
_ENCRYPTED: Final = frozenset({0xFE0D, 0xFE08, 0xFE09, 0xFE0A, 0xFFCE, 0xFF02, 0xFD00})
"""Encrypted hellos, in the final form and in drafts: the name in the clear means nothing."""
NOT_TLS: Final = "not_tls"


def hello_name(data: bytes) -> str | None:
    """The host that a client's first bytes name; None while the hello is not whole.

    Raises:
        HelloError: it is no TLS hello, names nobody, or hides whom it names.
    """
    message = b""
    place = 0
    while place < len(data):
        if data[place] != _HANDSHAKE:
            raise HelloError(NOT_TLS, "the tunnel does not begin with TLS")
        if len(data) < place + _FRAME:
            break
        length = int.from_bytes(data[place + 3 : place + 5])
        if data[place + 1] != 3 or not 0 < length <= MAX_HELLO:  # noqa: PLR2004  # TLS is version 3
            raise HelloError(NOT_TLS, "the tunnel does not begin with TLS")
        message += data[place + _FRAME : place + _FRAME + length]
        if message and message[0] != _CLIENT_HELLO:
            raise HelloError(NOT_TLS, "the tunnel does not begin with a client's hello")
        if len(message) >= _MESSAGE:
            whole = _MESSAGE + int.from_bytes(message[1:4])
            if whole > MAX_HELLO:
                raise _too_large()
            if len(message) >= whole:
                return _name(message[:whole], message[whole:])
        place += _FRAME + length
    if len(data) > MAX_HELLO:
        raise _too_large()
    return None


def require_host(name: str, host: str) -> None:
    """The name in a hello must be the granted host.

    Raises:
        HelloError: it is another one.
    """
    try:
        same = canonical_host(name) == host
    except RequestError:
        same = False
    if not same:
        raise HelloError("sni_mismatch", f"the TLS hello names another host than `{host}`")


def _name(message: bytes, rest: bytes) -> str:
    if rest:
        raise HelloError("hello_malformed", "something follows the hello in its record")
    body = _Reader(message[_MESSAGE:])
    body.take(34)  # version and random
    body.vector(1)  # session
    body.vector(2)  # ciphers
    body.vector(1)  # compressions
    extensions = _Reader(body.vector(2) if body.left else b"")
    body.require_end()
    found: dict[int, bytes] = {}
    while extensions.left:
        kind = int.from_bytes(extensions.take(2))
        if kind in found:
            raise HelloError("hello_malformed", "the hello has an extension twice")
        found[kind] = extensions.vector(2)
    if not _ENCRYPTED.isdisjoint(found):
        raise HelloError("encrypted_hello", "the hello is encrypted, so whom it names is hidden")
    if _SERVER_NAME not in found:
        raise HelloError("sni_missing", "the TLS hello names no host")
    return _server_name(found[_SERVER_NAME])


def _server_name(data: bytes) -> str:
    outer = _Reader(data)
    names = _Reader(outer.vector(2))
    outer.require_end()
    kind = names.take(1)[0]
    name = names.vector(2)
    names.require_end()  # RFC 6066: one name of a type; other types were never defined
    if kind != _HOST_NAME or not name.isascii():
        raise HelloError("hello_malformed", "the name in the hello cannot be read")
    return name.decode("ascii")


class _Reader:
    """Takes fields off the front, and nothing that is not there."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def left(self) -> int:
        return len(self._data)

    def take(self, count: int) -> bytes:
        if len(self._data) < count:
            raise HelloError("hello_malformed", "the hello is cut off")
        piece, self._data = self._data[:count], self._data[count:]
        return piece

    def vector(self, size: int) -> bytes:
        """A field that its length stands before."""
        return self.take(int.from_bytes(self.take(size)))

    def require_end(self) -> None:
        if self._data:
            raise HelloError("hello_malformed", "the hello holds more than it says")


def _too_large() -> HelloError:
    return HelloError("hello_too_large", f"the hello has more than {MAX_HELLO} bytes")
