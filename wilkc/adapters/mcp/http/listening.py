"""Where the HTTP form listens. Layer: adapters."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wilkc.core.errors import UsageError
from wilkc.core.tls import is_loopback
from wilkc.opa.socket_place import checked_socket

_SOCKET: Final = "unix:"
_MOST_PORT: Final = 65_535


@dataclass(frozen=True, slots=True)
class Listening:
    """Where to listen.

    Attributes:
        host: address; empty for a unix socket.
        port: of TCP; 0 for any.
        socket: path of the unix socket, or None.
    """

    host: str = ""
    port: int = 0
    socket: Path | None = None


def read_listening(text: str, *, tls: bool) -> Listening:
    """Where `unix:PATH`, `ADDRESS:PORT` or `[ADDRESS]:PORT` is.

    Raises:
        UsageError: it is nowhere, or others could listen in.
    """
    if text.startswith(_SOCKET):
        return Listening(socket=checked_socket(Path(text.removeprefix(_SOCKET))))
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not (port.isascii() and port.isdigit()) or int(port) > _MOST_PORT:
        raise UsageError(
            f"`{text}` is no place to listen at",
            help_text="write `unix:PATH`, `127.0.0.1:PORT` or `[::1]:PORT`",
        )
    if not tls and not is_loopback(host):
        raise UsageError(
            f"`{host}` is not this host alone, so what is said there must be encrypted",
            help_text="give a certificate by `--tls-cert` and `--tls-key`, or listen at 127.0.0.1",
        )
    return Listening(host, int(port))
