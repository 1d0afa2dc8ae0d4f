"""One change of grants at a time, in whatever process. Layer: cli."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UnavailableError, UsageError
from wilkc.core.locks import lock_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME: Final = ".grants.lock"
WAIT_SECONDS: Final = 30.0


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder; the kernel gives it up when its holder is gone.

    Raises:
        UsageError: the folder is not there or cannot be written.
        UnavailableError: another process holds it for too long.
    """
    busy = UnavailableError(
        f"another grant or revocation is under way in `{folder}`",
        help_text="it holds the lock for as long as it runs",
    )
    try:
        lock = lock_file(folder / NAME, lambda _: busy, seconds=WAIT_SECONDS)
    except OSError as error:
        raise UsageError(f"cannot write to `{folder}`: {error.strerror}") from error
    try:
        yield
    finally:
        os.close(lock)
