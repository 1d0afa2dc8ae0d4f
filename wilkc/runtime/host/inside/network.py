"""Attacks on other networks and on the host's sockets. Layer: runtime, inside the sandbox."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wilkc.runtime.host.inside.telling import Do


def _own_loopback(given: dict[str, Any]) -> None:
    del given
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), 5).close()


def _host_loopback(given: dict[str, Any]) -> str:
    socket.create_connection(("127.0.0.1", given["port"]), 5).close()
    return "the host's loopback can be reached"


def _outward(given: dict[str, Any]) -> str:
    """A datagram to a documentation address (RFC 5737): it would be routed to nobody."""
    del given
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(("192.0.2.1", 9))
    return "there is a route to other networks"


def _pair(kind: int) -> Do:
    def do(given: dict[str, Any]) -> str:
        del given
        left, right = socket.socketpair(socket.AF_UNIX, kind)
        left.send(b"x")
        right.recv(1)
        return "a datagram pair, which can send to any unix socket"

    return do


def _socket(family: int, kind: int) -> Do:
    def do(given: dict[str, Any]) -> str:
        del given
        socket.socket(family, kind).close()
        return f"a socket of family {family}"

    return do


ATTACKS: dict[str, tuple[Do, Do]] = {
    "host-loopback": (_own_loopback, _host_loopback),
    "route": (_own_loopback, _outward),
    "unix-socket": (_pair(socket.SOCK_STREAM), _socket(socket.AF_UNIX, socket.SOCK_STREAM)),
    "datagram-pair": (_pair(socket.SOCK_STREAM), _pair(socket.SOCK_DGRAM)),
    "netlink": (_pair(socket.SOCK_STREAM), _socket(16, socket.SOCK_RAW)),
    "packet": (_pair(socket.SOCK_STREAM), _socket(17, socket.SOCK_RAW)),
}
"""Name to control and attack."""
