"""The lock that makes a log have one writer. Layer: runtime.

`flock` belongs to the open file, so it ends with the process however that ends. The line in
the file only names the holder for whoever is refused.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UnavailableError
from wilkc.core.locks import lock_file
from wilkc.core.subset import encode_subset
from wilkc.runtime.audit.clock import boot_id, this_process
from wilkc.runtime.audit.files import LOCK

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.runtime.disk import Disk

BUSY: Final = "another writer holds the log"
"""Stands in a refusal wherever another one's lock is the reason."""
_MAX_OWNER_BYTES: Final = 1024


class WriterLock:
    """The writer lock of one log, not yet taken."""

    def __init__(self, directory: Path, disk: Disk) -> None:
        self._path = directory / LOCK
        self._disk = disk
        self._fd: int | None = None

    def take(self, wait_ms: int) -> None:
        """Take the lock and write down who holds it.

        Raises:
            UnavailableError: another process held it all the time; the message says which.
            OSError: the file cannot be opened or written.
        """
        fd = lock_file(self._path, _busy, seconds=wait_ms / 1000, opening=self._disk.open)
        try:
            self._sign(fd)
        except BaseException:
            self._disk.close(fd)
            raise
        self._fd = fd

    def release(self) -> None:
        """Give the lock back; harmless if it is not held."""
        # Forgotten first: an interrupt in between must not have it closed a second time, when
        # it may be the number of another file.
        fd, self._fd = self._fd, None
        if fd is not None:
            self._disk.close(fd)

    def _sign(self, fd: int) -> None:
        owner = {**this_process().as_json(), "boot": boot_id(), "host": socket.gethostname()}
        # Not synced, and no fault of the log if a full disk has no room for it.
        with suppress(OSError):
            self._disk.truncate(fd, 0)
            os.pwrite(fd, encode_subset(owner) + b"\n", 0)


def _busy(fd: int) -> UnavailableError:
    """The refusal, which names the holder."""
    holder = os.pread(fd, _MAX_OWNER_BYTES, 0).decode("utf-8", "replace").strip()
    return UnavailableError(f"audit_unavailable: {BUSY}: {holder or 'unknown'}")
