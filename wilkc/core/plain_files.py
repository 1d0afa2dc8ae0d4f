"""Opening files in a folder that others may write to. Layer: core.

Who can write a folder can put a pipe, a device or a link where a file belongs: a pipe keeps
its reader waiting for ever, a link leads it elsewhere. Whoever reads such a folder opens
through here, where nothing but a plain file is opened and nothing is waited for (open(2)).
"""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from io import BufferedReader
    from pathlib import Path

SAFE_FLAGS: Final = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""No link is followed, no pipe is waited for, and no program that is started has the file."""
_KINDS: Final = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a link",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


class NotPlainError(OSError):
    """Something else than a plain file stands at a place; `strerror` says what."""


def open_plain(path: Path) -> BufferedReader:
    """Open a plain file to read.

    Args:
        path: the file; its last part is no link.

    Raises:
        NotPlainError: it is something else.
        OSError: it is not there or cannot be read.
    """
    return os.fdopen(open_plain_fd(path, os.O_RDONLY), "rb")


def open_plain_fd(path: Path, flags: int, mode: int = 0o600) -> int:
    """The descriptor of a plain file.

    Args:
        path: the file; its last part is no link.
        flags: of open(2), beside those that make it safe.
        mode: permission bits of a file that is made.

    Raises:
        NotPlainError: it is something else.
        OSError: it cannot be opened.
    """
    try:
        fd = os.open(os.fspath(path), flags | SAFE_FLAGS, mode)
    except OSError as error:
        # A link gives ELOOP, a folder that is to be written EISDIR, a socket ENXIO.
        if error.errno in {errno.ELOOP, errno.EISDIR, errno.ENXIO}:
            require_plain(path, os.lstat(path).st_mode)
        raise
    try:
        require_plain(path, os.fstat(fd).st_mode)
    except BaseException:
        os.close(fd)
        raise
    return fd


def read_plain(path: Path, most: int) -> bytes:
    """The content of a plain file that is not longer than something of its kind can be.

    Args:
        path: the file; its last part is no link.
        most: bytes that it may have.

    Raises:
        NotPlainError: it is something else than a plain file.
        OSError: it is longer, not there, or cannot be read.
    """
    with open_plain(path) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"it is longer than {most} bytes", str(path))
    return data


def require_plain(path: Path, mode: int) -> None:
    """Require that a file's mode is that of a plain file.

    Raises:
        NotPlainError: it is not.
    """
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "something else")
        raise NotPlainError(errno.EINVAL, f"it is {kind}, not a plain file", str(path))
