"""The calls that change a disk, in one place. Layer: runtime.

The audit log promises things about failing disks, so its tests put a failing one here.
Every method raises OSError as the system call does; nothing is retried.
"""

from __future__ import annotations

import errno
import os
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

from wilkc.core.plain_files import open_plain_fd

if TYPE_CHECKING:
    from pathlib import Path

TEMPORARY: Final = ".tmp-"
"""Prefix of files under way; whoever holds the writer lock may remove them."""


@lru_cache(maxsize=256)
def place_of(directory: Path, *names: str) -> Path:
    """A path below a directory, made once for all who write it for each record.

    A path made anew interns its parts, and a part that is let go leaves a hole in the
    interpreter's table of them, which is therefore copied every few thousand records: a
    megabyte or two, in the heap of whatever thread comes by, that malloc(3) keeps.
    """
    return directory.joinpath(*names)


class Disk:
    """The real disk."""

    def open(self, path: Path, flags: int, mode: int = 0o600) -> int:
        """Open a plain file; the descriptor is closed on exec.

        Raises:
            OSError: it cannot be opened, or a link, a pipe or the like stands there: who can
                write the folder could lead what is written elsewhere.
        """
        return open_plain_fd(path, flags, mode)

    def close(self, fd: int) -> None:
        """Close a descriptor."""
        os.close(fd)

    def write(self, fd: int, data: bytes) -> None:
        """Write all of it in one call.

        Raises:
            OSError: it failed, or wrote less: a regular file takes all unless the disk is
                full or broken.
        """
        written = os.write(fd, data)
        if written != len(data):
            raise OSError(errno.EIO, f"short write: {written} of {len(data)} bytes")

    def datasync(self, fd: int) -> None:
        """Put the data on stable storage. After an error it must not be tried again."""
        os.fdatasync(fd)

    def sync(self, fd: int) -> None:
        """Put data and metadata on stable storage."""
        os.fsync(fd)

    def truncate(self, fd: int, size: int) -> None:
        """Cut a file to a size in bytes."""
        os.ftruncate(fd, size)

    def replace(self, source: Path, target: Path) -> None:
        """Rename over whatever is there."""
        os.replace(source, target)  # noqa: PTH105  # `Path.replace` makes a path of the target

    def unlink(self, path: Path) -> None:
        """Remove a file that may be missing."""
        path.unlink(missing_ok=True)

    def make_directory(self, path: Path, mode: int = 0o700) -> None:
        """Make a directory that may be there, and make its name durable."""
        path.mkdir(mode=mode, exist_ok=True)
        self.sync_directory(path.parent)

    def allocate(self, fd: int, size: int) -> None:
        """Reserve real blocks for a file."""
        os.posix_fallocate(fd, 0, size)

    def free_bytes(self, path: Path) -> int:
        """Bytes that this user can still write on the file system."""
        found = os.statvfs(path)
        return found.f_bavail * found.f_frsize

    def sync_directory(self, path: Path) -> None:
        """Make names in a directory durable."""
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def put_file(
        self,
        path: Path,
        data: bytes,
        *,
        mode: int = 0o600,
        durable: Literal["name", "content", "no"] = "name",
    ) -> None:
        """Replace a file as a whole: temporary name, sync, rename, sync of the directory.

        Args:
            path: the file; its directory must exist.
            data: all of its content.
            mode: permission bits.
            durable: `name` waits until file and name are on stable storage; `content` until
                the data is, so that a crash leaves the old file or the new one; `no` waits
                for nothing, and for a moment there is no file.
        """
        temporary = place_of(path.parent, f"{TEMPORARY}{path.name}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        try:
            fd = self.open(temporary, flags, mode)
        except FileExistsError:
            # Left by a crash, perhaps read-only; or put there by somebody who wants to read it.
            self.unlink(temporary)
            fd = self.open(temporary, flags, mode)
        try:
            self.write(fd, data)
            if durable != "no":
                self.sync(fd)
        finally:
            self.close(fd)
        if durable == "no":
            # In place of another file ext4 writes this one out first: ext4(5), `auto_da_alloc`.
            self.unlink(path)
        self.replace(temporary, path)
        if durable == "name":
            self.sync_directory(path.parent)
