"""Locks between processes, by flock(2) on an open file. Layer: core.

A lock belongs to the open file: the kernel gives it up when the last descriptor of it is
closed, however its process ends, so nothing is left behind to be cleaned up. It also passes to
a program that gets the descriptor. A file that is only there to be locked is opened as a plain
file: who can write its folder could put a link or a pipe in its place.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from wilkc.core.plain_files import open_plain_fd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from wilkc.core.errors import WilkError

_POLL_SECONDS: Final = 0.001


def take_lock(fd: int, seconds: float | None = 0, *, shared: bool = False) -> bool:
    """Take the lock of an open file; whether it was got in time.

    Args:
        fd: of the file, or of a folder.
        seconds: how long to wait while another one holds it: not at all, or None for ever.
        shared: whether others may hold it, too, if they share it as well. A lock that is held
            changes from one kind to the other.

    Raises:
        OSError: the file system has no locks.
    """
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    if seconds is None:
        fcntl.flock(fd, kind)
        return True
    until = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(fd, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(_POLL_SECONDS)
        else:
            return True


def require_lock(fd: int, busy: Callable[[int], Exception], seconds: float | None = 0) -> None:
    """Take the lock of an open file, or raise the refusal; see `take_lock` and `lock_file`."""
    if not take_lock(fd, seconds):
        raise busy(fd)


def lock_file(
    path: Path,
    busy: Callable[[int], WilkError],
    *,
    seconds: float | None = 0,
    opening: Callable[[Path, int], int] = open_plain_fd,
) -> int:
    """The descriptor of a file that is there to be locked, with its lock.

    Args:
        path: the file; made if it is missing, closed to others.
        busy: makes the refusal, of the descriptor of the file that another one holds.
        seconds: how long to wait, see `take_lock`.
        opening: opens the file, of its path and the flags of open(2).

    Raises:
        WilkError: the refusal: another process holds it.
        OSError: the file cannot be opened, or the file system has no locks.
    """
    fd = opening(path, os.O_RDWR | os.O_CREAT)
    try:
        require_lock(fd, busy, seconds)
    except BaseException:
        os.close(fd)
        raise
    return fd


@contextmanager
def locked_file(
    path: Path,
    busy: Callable[[int], WilkError],
    *,
    seconds: float | None = 0,
    opening: Callable[[Path, int], int] = open_plain_fd,
) -> Iterator[None]:
    """While this process alone holds the lock of a file; see `lock_file`."""
    fd = lock_file(path, busy, seconds=seconds, opening=opening)
    try:
        yield
    finally:
        os.close(fd)
