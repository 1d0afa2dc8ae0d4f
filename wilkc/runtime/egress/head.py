"""The head of a proxy request, read so that it has one meaning. Layer: runtime. No I/O.

RFC 9112 with every leniency left out: lines end in CR LF, header lines are not folded, nothing
stands before a colon, a length is given once. What a server behind the proxy might read in
another way is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from wilkc.core.errors import RequestError
from wilkc.language.hosts import canonical_host, check_port
from wilkc.runtime.egress.failures import MalformedError

MAX_HEAD: Final = 16_384
"""Bytes of a request line with its headers and the empty line."""
MAX_HEADERS: Final = 100
HTTP_PORT: Final = 80
END: Final = b"\r\n\r\n"
_TOKEN: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105  # RFC 9110, section 5.6.2
_LINE: Final = re.compile(rf"({_TOKEN}) ([\x21-\x7e]+) HTTP/1[.]([01])")
_HEADER: Final = re.compile(
    rf"({_TOKEN}):[ \t]*((?:[\x21-\xff](?:[ \t\x21-\xff]*[\x21-\xff])?)?)[ \t]*"
)
_AUTHORITY: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z.-]+)(?::(0|[1-9][0-9]{0,4}))?")
_ABSOLUTE: Final = re.compile(r"http://([^/?#]*)([/?][^#\\]*)?", re.IGNORECASE)
_LENGTH: Final = re.compile(r"[0-9]{1,15}")
_HOP: Final = frozenset({
    "connection", "proxy-connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
    "proxy-authorization", "proxy-authenticate", "host", "content-length", "expect", "via",
})  # fmt: skip
"""Headers that are about one hop, or that the proxy writes itself (RFC 9110, section 7.6)."""


@dataclass(frozen=True, slots=True)
class Head:
    """A request as far as the proxy must understand it.

    Attributes:
        method: as written; `CONNECT` asks for a tunnel.
        host: canonical host of the target.
        port: port of the target.
        path: path and query of a plain request, empty for a tunnel.
        headers: names and values to be passed on, in order.
        length: bytes of the body, or None for a body in chunks.
        expects: whether the client waits for leave to send its body.
    """

    method: str
    host: str
    port: int
    path: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    length: int | None = 0
    expects: bool = False

    @property
    def tunnel(self) -> bool:
        """Whether the connection is to carry whatever the two ends say."""
        return self.method == "CONNECT"

    def onward(self) -> bytes:
        """The head that the host itself gets; the connection ends with its answer."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        host = name if self.port == HTTP_PORT else f"{name}:{self.port}"
        length = [("Transfer-Encoding", "chunked")] if self.length is None else []
        if self.length:
            length = [("Content-Length", str(self.length))]
        given = [
            ("Host", host),
            *self.headers,
            *length,
            ("Via", "1.1 wilk"),
            ("Connection", "close"),
        ]
        lines = [
            f"{self.method} {self.path} HTTP/1.1",
            *(f"{name}: {value}" for name, value in given),
        ]
        return "\r\n".join(lines).encode("latin-1") + END


def split_head(data: bytes) -> tuple[bytes, bytes] | None:
    """A head without its empty line, and what follows it; None while there is more to come.

    Raises:
        MalformedError: it is larger than a head may be.
    """
    end = data.find(END, 0, MAX_HEAD)
    if end >= 0:
        return data[:end], data[end + len(END) :]
    if len(data) >= MAX_HEAD:
        raise MalformedError("head_too_large", f"the head has more than {MAX_HEAD} bytes")
    return None


def parse_head(data: bytes) -> Head:
    """The request that a head states.

    Args:
        data: the head without its empty line.

    Raises:
        MalformedError: it is no request of a proxy's client, or could be read in two ways.
    """
    line, *rest = data.decode("latin-1").split("\r\n")
    found = _LINE.fullmatch(line)
    if found is None:
        raise _malformed("its first line is no request of HTTP/1.1")
    method, target, minor = found.groups()
    headers = parse_headers(rest)
    hosts = [value for name, value in headers if name == "host"]
    if method == "CONNECT":
        return _tunnel(method, target, headers, hosts, old=minor == "0")
    if minor == "0":
        raise _malformed("only a tunnel may be asked for by HTTP/1.0")
    return _plain(method, target, headers, hosts)


def authority(text: str) -> tuple[str, int | None]:
    """Canonical host and port of `host` or `host:port`.

    Raises:
        MalformedError: it is neither.
    """
    found = _AUTHORITY.fullmatch(text)
    if found is None:
        raise MalformedError("host_not_canonical", "the target is not of the form `host:port`")
    try:
        port = None if found[2] is None else check_port(int(found[2]))
        return canonical_host(found[1]), port
    except RequestError as error:
        raise MalformedError(error.detail, error.message) from error


def _tunnel(
    method: str, target: str, headers: list[tuple[str, str]], hosts: list[str], *, old: bool
) -> Head:
    host, port = authority(target)
    if port is None:
        raise MalformedError("port_missing", "the target names no port")
    if any(name in {"content-length", "transfer-encoding"} for name, _ in headers):
        raise _malformed("a request for a tunnel has no body")
    # Clients of HTTP/1.0 name the host only in the target, which then has no second reading.
    if not (old and not hosts):
        _require_host(hosts, host, port, {None, port})
    return Head(method, host, port)


def _plain(method: str, target: str, headers: list[tuple[str, str]], hosts: list[str]) -> Head:
    found = _ABSOLUTE.fullmatch(target)
    if found is None:
        raise _malformed("the target is no `http://` address; for others ask for a tunnel")
    host, given = authority(found[1])
    port = HTTP_PORT if given is None else given
    _require_host(hosts, host, port, {port, None} if port == HTTP_PORT else {port})
    path = found[2] or "/"
    named = _named_by_connection(headers)
    onward = tuple((name, value) for name, value in headers if name not in _HOP | named)
    expects = [value.lower() for name, value in headers if name == "expect"]
    if expects not in ([], ["100-continue"]):
        raise _malformed("what it expects is not understood")
    return Head(
        method, host, port, path if path.startswith("/") else f"/{path}", onward,
        body_length(headers), bool(expects),
    )  # fmt: skip


def parse_headers(lines: list[str]) -> list[tuple[str, str]]:
    """The names, in lower case, and values of header lines.

    Raises:
        MalformedError: a line is none, or there are too many.
    """
    if len(lines) > MAX_HEADERS:
        raise _malformed(f"it has more than {MAX_HEADERS} headers")
    found = [_HEADER.fullmatch(line) for line in lines]
    if not all(found):
        raise _malformed("a header is malformed")
    # Names are compared as they are sent on, in lower case: HTTP gives case no meaning.
    return [(one[1].lower(), one[2]) for one in found if one]


def _require_host(hosts: list[str], host: str, port: int, ports: set[int | None]) -> None:
    if len(hosts) != 1:
        raise _malformed("it has no header `Host`, or several")
    named, given = authority(hosts[0])
    if named != host or given not in ports:
        raise MalformedError(
            "host_contradicted", f"the header `Host` is not the target `{host}:{port}`"
        )


def body_length(headers: list[tuple[str, str]]) -> int | None:
    """Bytes of a request's body; None for chunks.

    Raises:
        MalformedError: its length is said twice, or in a way that is not understood.
    """
    lengths = [value for name, value in headers if name == "content-length"]
    codings = [value for name, value in headers if name == "transfer-encoding"]
    if len(lengths) + len(codings) > 1:
        raise _malformed("the length of its body is given twice")
    if codings:
        if codings[0].lower() != "chunked":
            raise _malformed("the coding of its body is not understood")
        return None
    if not lengths:
        return 0
    if not _LENGTH.fullmatch(lengths[0]):
        raise _malformed("the length of its body is no number")
    return int(lengths[0])


def _named_by_connection(headers: list[tuple[str, str]]) -> set[str]:
    lists = [value for name, value in headers if name in {"connection", "proxy-connection"}]
    return {word.strip().lower() for text in lists for word in text.split(",")}


def _malformed(why: str) -> MalformedError:
    return MalformedError("malformed_request", f"the request is malformed: {why}")
