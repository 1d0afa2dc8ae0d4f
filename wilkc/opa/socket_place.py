"""Where a unix socket may stand: in a folder of one's own, and in nobody's way. Layer: opa."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Final

from wilkc.core.errors import UsageError

MAX_SOCKET_PATH: Final = 107
"""Bytes of a socket's path, see unix(7); one less than `sun_path`, for the final NUL."""
TEMPORARY: Final = "wilk-opa-"
"""Before the name of a run folder that is made for one call; no command gets to see them."""
_SOCKET_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}", re.ASCII)
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def checked_socket(socket: Path, *, taken: frozenset[str] = frozenset()) -> Path:
    """The absolute path of a socket.

    Args:
        socket: path as given.
        taken: names that other files of the folder have.

    Raises:
        UsageError: it is too long, or its name is not plain or is taken.
    """
    absolute = Path(os.path.abspath(socket))  # noqa: PTH100  # `resolve` would follow the socket
    if len(os.fsencode(absolute)) > MAX_SOCKET_PATH:
        raise UsageError(
            f"the socket's path `{absolute}` has more than {MAX_SOCKET_PATH} bytes",
            help_text="name a socket in a folder with a shorter path",
        )
    if not _SOCKET_NAME.fullmatch(absolute.name) or absolute.name in taken:
        raise UsageError(
            f"`{absolute.name}` cannot name a socket",
            help_text="use letters, digits, `.`, `_` and `-`, for example `opa.sock`",
        )
    return absolute


def make_folder(folder: Path) -> bool:
    """Make a folder of mode 0700; whether it was not there before.

    Raises:
        UsageError: it cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        return False
    except OSError as error:
        raise UsageError(f"cannot make the run folder `{folder}`: {error.strerror}") from error
    return True


def require_private(folder: Path, status: os.stat_result) -> None:
    """Refuse a folder that others may enter.

    Raises:
        UsageError: it is not this user's, or not of mode 0700 or less.
    """
    if status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & _OTHERS:
        raise UsageError(
            f"the run folder `{folder}` is open to others",
            help_text=f"name a socket in a folder of your own, made with: mkdir -m 700 {folder}",
        )


def require_free(socket: Path) -> None:
    """Refuse a place where something other than a socket stands: it would be removed.

    Raises:
        UsageError: there is a file of another kind.
    """
    try:
        kind = socket.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(kind):
        raise UsageError(
            f"`{socket}` is there already and is no socket", help_text="name another path"
        )
