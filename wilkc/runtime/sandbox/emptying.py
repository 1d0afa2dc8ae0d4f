"""Removing whatever a command has left in a directory of its own. Layer: runtime.

It may be of any depth, and closed to its owner, at which shutil.rmtree gives up. So directories
are opened, and moved up to the top before they are looked into: nothing is ever deeper than two.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from typing import Final

from wilkc.runtime.sandbox.closed import open_to_owner

_FOUND: Final = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


def open_own(name: str, parent: int | None = None) -> int:
    """Open a directory that this process owns for reading, also one that was closed to it.

    Args:
        name: of the directory; a link is not followed.
        parent: descriptor of the directory that it is in; None for a path.

    Raises:
        OSError: it is not there, or no directory, or closed by somebody else.
    """
    found = os.open(name, _FOUND, dir_fd=parent)
    try:
        open_to_owner(found, os.geteuid())
        return os.open(".", _READ, dir_fd=found)
    finally:
        os.close(found)


def remove_below(top: int) -> None:
    """Remove all that is in a directory that nobody else uses.

    Args:
        top: descriptor of the directory, for reading.

    Raises:
        OSError: something cannot be removed.
    """
    moved, number = secrets.token_hex(8), 0
    while names := os.listdir(top):
        for name in names:
            try:
                directory = open_own(name, top)
            except NotADirectoryError:
                os.unlink(name, dir_fd=top)
                continue
            try:
                for below in os.listdir(directory):  # noqa: PTH208  # of a descriptor
                    number += 1
                    _take_up(below, directory, f"{moved}-{number}", top)
            finally:
                os.close(directory)
            os.rmdir(name, dir_fd=top)


def remove_tree(path: str) -> None:
    """Remove a directory with all that is in it.

    Raises:
        OSError: something cannot be removed.
    """
    top = open_own(path)
    try:
        remove_below(top)
    finally:
        os.close(top)
    os.rmdir(path)  # noqa: PTH106  # text of any bytes


def _take_up(name: str, parent: int, moved: str, top: int) -> None:
    """Remove what is no directory; a directory goes to the top."""
    try:
        os.unlink(name, dir_fd=parent)
    except (IsADirectoryError, PermissionError):
        # rename(2) has to write in a directory that is moved.
        with suppress(NotADirectoryError):
            os.close(open_own(name, parent))
        os.rename(name, moved, src_dir_fd=parent, dst_dir_fd=top)
