"""One watcher for each folder of alerts. Layer: runtime."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK: Final = "watcher.lock"


def take_lock(folder: Path) -> int:
    """The descriptor that holds the lock until it is closed.

    Raises:
        UnavailableError: another watcher is at work.
        OSError: the folder cannot be used.
    """
    fd = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(fd)
        raise UnavailableError(
            f"another watcher is at work on `{folder}`",
            help_text="one is enough; end it first, or leave the work to it",
        ) from error
    return fd


@contextmanager
def watching(folder: Path) -> Iterator[None]:
    """The lock, for a while.

    Raises:
        UnavailableError: another watcher is at work.
        OSError: the folder cannot be used.
    """
    fd = take_lock(folder)
    try:
        yield
    finally:
        os.close(fd)
