"""One watcher for each folder of alerts. Layer: runtime."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UnavailableError
from wilkc.core.locks import lock_file, locked_file

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
    return lock_file(folder / LOCK, lambda _: _busy(folder))


@contextmanager
def watching(folder: Path) -> Iterator[None]:
    """The lock, for a while.

    Raises:
        UnavailableError: another watcher is at work.
        OSError: the folder cannot be used.
    """
    with locked_file(folder / LOCK, lambda _: _busy(folder)):
        yield


def _busy(folder: Path) -> UnavailableError:
    return UnavailableError(
        f"another watcher is at work on `{folder}`",
        help_text="one is enough; end it first, or leave the work to it",
    )
