"""Listening: at a unix socket that only this user may open, or at a port. Layer: opa."""

from __future__ import annotations

import os
import socket as sockets
from typing import TYPE_CHECKING

from wilkc.core.errors import UnavailableError
from wilkc.opa.socket_place import require_free, require_private

if TYPE_CHECKING:
    from pathlib import Path


def listen_at(place: Path, backlog: int) -> sockets.socket:
    """A listening socket of mode 0600; one that was left behind there is replaced.

    Args:
        place: a checked path, in a folder that is there.
        backlog: connections that may wait to be accepted.

    Raises:
        UsageError: the folder is open to others, or something else stands at the path.
        UnavailableError: another server answers there, or the system refuses.
    """
    require_private(place.parent, place.parent.stat())
    require_free(place)
    _require_unused(place)
    listening = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
    try:
        place.unlink(missing_ok=True)
        listening.bind(os.fspath(place))
        # Nobody can connect between the two: it does not listen yet.
        place.chmod(0o600)
        listening.listen(backlog)
    except OSError as error:
        listening.close()
        raise UnavailableError(f"cannot listen at `{place}`: {error.strerror}") from error
    return listening


def listen_at_port(host: str, port: int, backlog: int) -> sockets.socket:
    """A listening socket in the network; who may come in is for the caller to see to.

    Args:
        host: an address of this host.
        port: 0 for any that is free.
        backlog: connections that may wait to be accepted.

    Raises:
        UnavailableError: the system refuses.
    """
    family = sockets.AF_INET6 if ":" in host else sockets.AF_INET
    try:
        return sockets.create_server((host, port), family=family, backlog=backlog)
    except OSError as error:
        why = error.strerror or error
        raise UnavailableError(f"cannot listen at address {host} port {port}: {why}") from error


def _require_unused(place: Path) -> None:
    """Refuse a socket that somebody answers at; one that was left behind is in nobody's use."""
    with sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM) as probe:
        try:
            probe.connect(os.fspath(place))
        except OSError:
            return
    raise UnavailableError(
        f"another server answers at `{place}`",
        help_text="stop it first, or name another socket",
    )
