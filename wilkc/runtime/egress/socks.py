"""SOCKS5, as far as it is a way to connect (RFC 1928). Layer: runtime. No I/O.

No BIND, no UDP, no authentication, no SOCKS4: the descriptor that a client came by says whose
it is.
"""

from __future__ import annotations

import ipaddress
from http import HTTPStatus
from typing import Final

from wilkc.runtime.egress.failures import MalformedError
from wilkc.runtime.egress.head import authority

VERSION: Final = 5
CHOSEN: Final = bytes([VERSION, 0])
"""The answer to a greeting: no authentication."""
NONE_ACCEPTABLE: Final = bytes([VERSION, 0xFF])
GRANTED: Final = 0
FAILED: Final = 1
NOT_ALLOWED: Final = 2
UNREACHABLE: Final = 4
NO_COMMAND: Final = 7
_CONNECT: Final = 1
_IPV4: Final = 1
_NAME: Final = 3
_IPV6: Final = 4
_SIZES: Final = {_IPV4: 4, _IPV6: 16}


def reply(code: int) -> bytes:
    """The answer to a request; the address in it is nobody's business inside."""
    return bytes([VERSION, code, 0, _IPV4, 0, 0, 0, 0, 0, 0])


def split_greeting(data: bytes) -> tuple[bytes, bytes] | None:
    """The methods that a client offers, and the rest; None while there is more to come.

    Raises:
        MalformedError: it is another version.
    """
    if data[:1] not in {b"", bytes([VERSION])}:
        raise MalformedError("malformed_request", "only SOCKS version 5 is understood")
    if len(data) < 2 or len(data) < 2 + data[1]:  # noqa: PLR2004  # version and count
        return None
    return data[2 : 2 + data[1]], data[2 + data[1] :]


def split_request(data: bytes) -> tuple[tuple[int, str, int], bytes] | None:
    """Command, canonical host and port of a request, and the rest; None while it is not whole.

    Raises:
        MalformedError: it is malformed, or its host is.
    """
    if len(data) < 5:  # noqa: PLR2004  # up to the first byte of the address
        return None
    kind = data[3]
    if data[0] != VERSION or data[2] != 0 or kind not in {*_SIZES, _NAME}:
        raise MalformedError("malformed_request", "the SOCKS request is malformed")
    start, size = (5, data[4]) if kind == _NAME else (4, _SIZES[kind])
    end = start + size
    if len(data) < end + 2:
        return None
    host, port = authority(f"{_host(kind, data[start:end])}:{int.from_bytes(data[end : end + 2])}")
    return (data[1], host, port or 0), data[end + 2 :]


def code_for(status: int) -> int:
    """The reply code that comes nearest to an HTTP status."""
    return {HTTPStatus.FORBIDDEN: NOT_ALLOWED, HTTPStatus.BAD_GATEWAY: UNREACHABLE}.get(
        HTTPStatus(status), FAILED
    )


def connects(command: int) -> bool:
    """Whether a command asks for a connection."""
    return command == _CONNECT


def _host(kind: int, field: bytes) -> str:
    if kind == _NAME:
        # A colon in a name would make a second port of what follows it.
        return "?" if b":" in field or b"[" in field else field.decode("latin-1")
    address = ipaddress.ip_address(field)
    return f"[{address}]" if kind == _IPV6 else str(address)
