"""Whether who listens at a unix socket is who should. Layer: opa.

Whoever makes a folder first, such as one in `/tmp` while no sidecar runs, can listen in it and
allow everything. So who asks looks, at each new connection, whose process listens (unix(7),
SO_PEERCRED): its own user's or root's. Root itself also asks what another user serves, as an
operator does, where nobody but the two could have put the socket there.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from pathlib import Path
from typing import Final

from wilkc.core.files import OTHERS_WRITE

_CREDENTIALS: Final = struct.Struct("3i")
_ROOT: Final = 0


def require_own_peer(connected: socket.socket, path: str) -> None:
    """Refuse to ask a server of another user.

    Args:
        connected: a connection to it.
        path: where it listens.

    Raises:
        PermissionError: it is another user's.
    """
    given = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    user = _CREDENTIALS.unpack(given)[1]
    if user in {_ROOT, os.geteuid()}:
        return
    if os.geteuid() != _ROOT or not _placed_by(user, path):
        raise PermissionError(errno.EPERM, "another user listens there")


def _placed_by(user: int, path: str) -> bool:
    """Whether none but this user and root can put anything at a path."""
    real = Path(os.path.realpath(path))
    found = [os.lstat(folder) for folder in real.parents]
    return all(one.st_uid in {_ROOT, user} and not one.st_mode & OTHERS_WRITE for one in found)
