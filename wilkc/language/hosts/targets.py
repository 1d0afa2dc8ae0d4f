"""Network targets as people write them: URLs and `host:port`. Layer: language (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import RequestError
from wilkc.core.numbers import whole_number
from wilkc.language.hosts.canonical import canonical_host

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_PORTS: Final[Mapping[str, int]] = {
    "http": 80, "https": 443, "ws": 80, "wss": 443, "ssh": 22, "ftp": 21,
}  # fmt: skip
"""Default ports by protocol (RFC 9110, RFC 6455, RFC 4253, RFC 959)."""
PROTOCOLS: Final = frozenset({*DEFAULT_PORTS, "tcp", "udp"})
DEFAULT_PROTOCOL: Final = "https"
MAX_PORT: Final = 65_535
_URL: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)(?:[/?#][^\x00-\x20\x7f]*)?")
_AUTHORITY: Final = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::(0|[1-9][0-9]{0,4}))?")
_HOST_PORT: Final = re.compile(r"(?:\[[^\[\]]*\]|[^:]*):[0-9]+", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a connection goes: canonical host, port 1 to 65535, protocol in lower case."""

    host: str
    port: int
    protocol: str


def canonical_target(text: str, *, protocol: str | None = None) -> Target:
    """The target of a URL or of `host:port`.

    Args:
        text: for example `https://api.example.com/v1`, `api.example.com:443`, `[::1]:80`.
        protocol: what a text without a scheme is to speak; then its port may be left out
            too. By default https, and the port must be given.

    Raises:
        RequestError: the host, port or protocol cannot be read, or the scheme is another
            protocol than the given one; detail `host_…`, `port_…` or `protocol_…`.
    """
    found = _URL.fullmatch(text)
    scheme = found[1].lower() if found else (protocol or DEFAULT_PROTOCOL)
    if scheme not in PROTOCOLS:
        raise RequestError("protocol_unknown", f"the protocol `{scheme}` is not known")
    if protocol not in {None, scheme}:
        raise RequestError("protocol_contradicted", f"`{text}` does not speak `{protocol}`")
    parts = _AUTHORITY.fullmatch(found[2] if found else text)
    if parts is None:
        raise RequestError("host_not_canonical", "the target is not of the form `host:port`")
    host = canonical_host(parts[1])
    port = DEFAULT_PORTS.get(scheme) if found or protocol else None
    if parts[2]:
        port = int(parts[2])
    if port is None:
        raise RequestError("port_missing", f"`{text}` names no port")
    return Target(host, check_port(port), scheme)


def names_target(text: str) -> bool:
    """Whether a text has the form of a URL or of `host:port`, readable or not."""
    return "://" in text or _HOST_PORT.fullmatch(text) is not None


def check_port(port: object) -> int:
    """A port number.

    Raises:
        RequestError: with detail `port_invalid`: not a whole number from 1 to 65535.
    """
    number = whole_number(port)
    if number is None or not 1 <= number <= MAX_PORT:
        raise RequestError("port_invalid", f"the port must be a number from 1 to {MAX_PORT}")
    return number
