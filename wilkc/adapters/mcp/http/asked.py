"""What an HTTP client asks, before anybody looks into the body. Layer: adapters. No I/O.

RFC 9110 and 9112 with their leniencies left out; a header that is given twice is refused, as one
reader takes the first and another the last.
"""

from __future__ import annotations

import hmac
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wilkc.runtime.egress.failures import MalformedError
from wilkc.runtime.egress.head import body_length, parse_headers

if TYPE_CHECKING:
    from collections.abc import Mapping

BAD_REQUEST: Final = 400
UNAUTHORIZED: Final = 401
FORBIDDEN: Final = 403
NOT_FOUND: Final = 404
NOT_ALLOWED: Final = 405
TOO_LARGE: Final = 413
UNSUPPORTED: Final = 415
_LINE: Final = re.compile(r"([A-Z]{1,16}) (/[\x21-\x7e]{0,1000}) HTTP/1[.]1")
_METHODS: Final = frozenset({"POST", "GET", "DELETE"})
_REPEATABLE: Final = frozenset({"accept"})
JSON: Final = "application/json"


class RefusedError(Exception):
    """A request that is answered with a status, and goes no further.

    Attributes:
        status: of HTTP.
        message: one sentence.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class Door:
    """Whom a listener lets in.

    Attributes:
        path: of the endpoint.
        hosts: what the header `Host` may say; empty for anything, as on a unix socket.
        origins: what the header `Origin` may say, if there is one.
        token: that callers must bear; empty where none is asked for.
    """

    path: str
    hosts: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """The head of a request that was let in.

    Attributes:
        method: `POST`, `GET` or `DELETE`.
        headers: lower-case names and values, each once.
        length: bytes of the body, or None for chunks.
    """

    method: str
    headers: Mapping[str, str]
    length: int | None

    @property
    def expects(self) -> bool:
        """Whether the client waits for leave to send its body."""
        return "expect" in self.headers


def read_asked(data: bytes, door: Door) -> Asked:
    """The head of a request, if it may come in.

    Args:
        data: without the empty line.
        door: whom to let in.

    Raises:
        RefusedError: it may not, or could be read in two ways.
    """
    line, *rest = data.decode("latin-1").split("\r\n")
    found = _LINE.fullmatch(line)
    if found is None:
        raise RefusedError(BAD_REQUEST, "the first line is no request of HTTP/1.1")
    try:
        headers = parse_headers(rest)
        length = body_length(headers)
    except MalformedError as error:
        raise RefusedError(BAD_REQUEST, error.message) from error
    single = _once(headers)
    method, path = found.groups()
    # 1. For whom it is: a name that resolves to this host is not yet meant for it.
    if "host" not in single or (door.hosts and single["host"].lower() not in door.hosts):
        raise RefusedError(FORBIDDEN, "the header `Host` is not this server's")
    # 2. Whence: no page of somebody else's (MCP, streamable HTTP, security).
    if "origin" in single and single["origin"] not in door.origins:
        raise RefusedError(FORBIDDEN, "the origin is not allowed")
    # 3. By whom.
    if door.token and not _bears(single.get("authorization", ""), door.token):
        raise RefusedError(UNAUTHORIZED, "the token is missing or wrong")
    # 4. What.
    if path != door.path:
        raise RefusedError(NOT_FOUND, "there is nothing at this path")
    if method not in _METHODS:
        raise RefusedError(NOT_ALLOWED, "the method is not POST, GET or DELETE")
    _check_body(method, single, length)
    return Asked(method, single, length)


def _once(headers: list[tuple[str, str]]) -> dict[str, str]:
    counts = Counter(name for name, _ in headers)
    if any(count > 1 and name not in _REPEATABLE for name, count in counts.items()):
        raise RefusedError(BAD_REQUEST, "a header is given twice")
    single = dict(headers)
    if counts["accept"] > 1:
        single["accept"] = ", ".join(value for name, value in headers if name == "accept")
    if single.get("expect", "100-continue").lower() != "100-continue":
        raise RefusedError(BAD_REQUEST, "what the request expects is not understood")
    return single


def _check_body(method: str, headers: Mapping[str, str], length: int | None) -> None:
    if method != "POST":
        if length != 0:
            raise RefusedError(BAD_REQUEST, "only a POST has a body")
        return
    if "content-encoding" in headers:
        raise RefusedError(UNSUPPORTED, "the body must not be encoded")
    media, _, parameters = headers.get("content-type", "").lower().partition(";")
    if media.strip() != JSON or parameters.strip() not in {"", "charset=utf-8"}:
        raise RefusedError(UNSUPPORTED, f"the body must be `{JSON}` in UTF-8")


def _bears(header: str, token: str) -> bool:
    kind, _, given = header.partition(" ")
    same = hmac.compare_digest(given.strip().encode("latin-1"), token.encode())
    return same and kind.lower() == "bearer"
