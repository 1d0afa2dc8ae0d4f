"""One change of grants at a time, in whatever process. Layer: cli."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME: Final = ".grants.lock"
WAIT_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.02


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder; the kernel gives it up when its holder is gone.

    Raises:
        UsageError: the folder is not there or cannot be written.
        UnavailableError: another process holds it for too long.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        lock = os.open(folder / NAME, flags, 0o600)
    except OSError as error:
        raise UsageError(f"cannot write to `{folder}`: {error.strerror}") from error
    try:
        _take(lock, folder)
        yield
    finally:
        os.close(lock)


def _take(lock: int, folder: Path) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise UnavailableError(
                    f"another grant or revocation is under way in `{folder}`",
                    help_text="it holds the lock for as long as it runs",
                ) from error
            time.sleep(_POLL_SECONDS)
        else:
            return
