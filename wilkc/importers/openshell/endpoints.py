"""One endpoint of a network rule of OpenShell. Layer: importers (pure)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.importers.draft import is_address
from wilkc.importers.nodes import items, mapping, refuse, text
from wilkc.syntax import Scalar

if TYPE_CHECKING:
    from wilkc.syntax import Mapping, Node

_PLAIN: Final = frozenset({"host", "port", "ports", "protocol", "tls", "enforcement", "access"})
"""Fields with which an endpoint can be no more than a host and ports."""
_VALUES: Final = {
    "tls": frozenset({"", "skip", "terminate", "passthrough"}),
    "enforcement": frozenset({"", "enforce", "audit"}),
}
_NEVER: Final = frozenset({2379, 2380, 6443, 10250, 10255})
"""Ports of a cluster's control plane, which the source never opens."""
_LOCAL: Final = ("localhost", "host.openshell.internal")
_NO_NAME: Final = frozenset("/[]:")
"""Characters of blocks and of addresses of version 6, which are not carried over."""
_MAX_PORT: Final = 65535
_FEWEST_LABELS: Final = 3


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host and ports of it.

    Attributes:
        place: where it stands, with its line.
        host: its pattern, in small letters; empty where it names none.
        ports: its ports.
        tcp: whether it is for any protocol, and not for that of the web.
        narrows: why it allows some requests only, or empty; it then narrows others, too.
        unsayable: why its host or its ports cannot be said, or empty.
    """

    place: str
    host: str
    ports: frozenset[int]
    tcp: bool
    narrows: str
    unsayable: str

    @property
    def shown(self) -> str:
        """The endpoint in a few words."""
        return f"{self.host or 'any host'}:{','.join(map(str, sorted(self.ports)))}"

    @property
    def pattern(self) -> str:
        """Its host as a spec writes it; only where nothing is unsayable."""
        return self.host.replace("**.", "*.", 1)

    def meets(self, other: Endpoint) -> bool:
        """Whether both may be about one connection; also where nobody can be sure of it."""
        if self.ports.isdisjoint(other.ports):
            return False
        if _NO_NAME.intersection(self.host + other.host):
            return True
        ends = [one.host.rpartition("*")[2] for one in (self, other)]
        exact = [bool(one.host) and "*" not in one.host for one in (self, other)]
        if all(exact):
            return ends[0] == ends[1]
        return (ends[0].endswith(ends[1]) and not exact[1]) or (
            ends[1].endswith(ends[0]) and not exact[0]
        )


def read_endpoint(name: str, where: str, node: Node) -> Endpoint:
    """The endpoint of a node.

    Raises:
        UsageError: it is none, or has no ports.
    """
    entry = mapping(node, where)
    fields = {key.text: value for key, value in entry.entries}
    host = text(fields["host"], "host").lower() if "host" in fields else ""
    ports = _ports(entry, fields)
    protocol = text(fields["protocol"], "protocol") if "protocol" in fields else ""
    access = text(fields["access"], "access") if "access" in fields else ""
    for key, known in _VALUES.items():
        if key in fields and text(fields[key], key) not in known:
            refuse(fields[key].span, f"`{key}` has a value that is not known")
    if protocol == "tcp":
        _require_tcp(entry, fields, host)
    if (not host.strip() and "allowed_ips" not in fields) or _is_refused(host):
        refuse(entry.span, "the source refuses a policy with such a host")
    return Endpoint(
        f"{name}:{node.span.line} {where}", host, ports, protocol == "tcp",
        _narrows(fields.keys() - _PLAIN, protocol, access), _unsayable(host, ports),
    )  # fmt: skip


def _require_tcp(entry: Mapping, fields: dict[str, Node], host: str) -> None:
    """Refuse what makes the source refuse the policy."""
    more = sorted({"access", "enforcement"}.intersection(fields))
    if more:
        refuse(fields[more[0]].span, f"`{more[0]}` cannot stand beside `protocol: tcp`")
    if not host or host.endswith(".") or is_address(host):
        refuse(entry.span, "`protocol: tcp` is for a name of a host")


def _is_refused(host: str) -> bool:
    """Whether the source takes a wildcard for too wide, or for none."""
    first, *others = host.split(".")
    whole = len(others) <= 1 and first in {"*", "**"}
    odd = ("**" in first and first != "**") or any("*" in one and one != "*" for one in others)
    return whole or odd


def _ports(entry: Mapping, fields: dict[str, Node]) -> frozenset[int]:
    if ("port" in fields) == ("ports" in fields):
        refuse(entry.span, "an endpoint has either `port` or `ports`")
    nodes = items(fields["ports"], "ports") if "ports" in fields else (fields["port"],)
    ports = set()
    for node in nodes:
        if not isinstance(node, Scalar) or type(node.value) is not int:
            refuse(node.span, "a port must be a number")
        if not 1 <= node.value <= _MAX_PORT:
            refuse(node.span, f"a port must be a number from 1 to {_MAX_PORT}")
        ports.add(node.value)
    return frozenset(ports)


def _narrows(more: set[str], protocol: str, access: str) -> str:
    """Why an endpoint allows some requests only, or empty."""
    if more:
        return f"`{min(more)}` says more than a host and its ports"
    if protocol not in {"", "rest", "tcp"}:
        return f"it is for requests of `{protocol}` only"
    if access not in {"", "full"}:
        return f"`access: {access}` is for some requests only"
    if (protocol == "rest") != (access == "full"):
        return "`access: full` and `protocol: rest` are carried over together only"
    return ""


def _unsayable(host: str, ports: frozenset[int]) -> str:
    if not host:
        return "it names no host"
    if ports & _NEVER:
        return "the source never opens one of its ports"
    if host in _LOCAL or host.endswith(".localhost"):
        return "the source never opens this host, or it is one of its own"
    if host == "private" or _NO_NAME.intersection(host):
        return "it is no name, and no address of version 4"
    labels = host.split(".")
    if "*" in host.removeprefix("**.") or (host.startswith("*") and len(labels) < _FEWEST_LABELS):
        return "a `*` for one label, or for a part of one, cannot be said here"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return ""
    if not address.is_global or address.version != 4:  # noqa: PLR2004  # the version of addresses
        return "of addresses, only public ones of version 4 are carried over"
    return ""
