"""A second folder, better on a second disk. Layer: runtime."""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Final

from wilkc.core.errors import UnavailableError, UsageError, VerificationError
from wilkc.core.plain_files import open_plain
from wilkc.runtime.disk import TEMPORARY, Disk
from wilkc.runtime.sinks.spooled import longer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CHUNK: Final = 1 << 20
_READ_ONLY: Final = 0o444


class FolderSink:
    """Keeps objects as files of mode 0444.

    Args:
        folder: is there already, so that an unmounted disk is not taken for an empty one.
        disk: where to write; the real disk if left out.

    Raises:
        UsageError: there is no such folder.
    """

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        if not folder.is_dir():
            raise UsageError(
                f"there is no folder `{folder}`", help_text="make it once, on the disk it is for"
            )
        self._folder = folder.resolve()
        self._disk = disk or Disk()

    @property
    def name(self) -> str:
        """The folder."""
        return str(self._folder)

    def put(self, key: str, path: Path, sha256: str) -> None:
        """Copy a file, see `Sink.put`."""
        target = self._folder / key
        try:
            if target.exists():
                if _digest(target) != sha256:
                    raise VerificationError(f"`{target}` holds something else")
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                self._copy(path, target, sha256)
            # Also of one that is there: who put it may have been killed before this.
            self._make_durable(target)
        except OSError as error:
            raise UnavailableError(f"cannot write `{target}`: {error.strerror}") from error

    @contextmanager
    def read(self, key: str, most: int) -> Iterator[BinaryIO]:
        """A file from the disk, see `Sink.read`."""
        path = self._folder / key
        try:
            file = open_plain(path)
        except OSError as error:
            raise UnavailableError(f"cannot read `{path}`: {error.strerror}") from error
        with file:
            if file.seek(0, os.SEEK_END) > most:
                raise longer(f"`{path}`", most)
            file.seek(0)
            # What is verified is what the disk has, not what is still in memory.
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            yield file

    def close(self) -> None:
        """Nothing is held."""

    def _copy(self, path: Path, target: Path, sha256: str) -> None:
        temporary = target.with_name(f"{TEMPORARY}{target.name}")
        # What a killed run left may be read-only.
        temporary.unlink(missing_ok=True)
        try:
            self._fill(path, temporary, sha256)
            self._disk.replace(temporary, target)
        except BaseException:
            # A part would take the room that the next attempt needs.
            temporary.unlink(missing_ok=True)
            raise

    def _make_durable(self, target: Path) -> None:
        """Make the names durable that lead to a file."""
        place = target
        while place != self._folder:
            place = place.parent
            self._disk.sync_directory(place)

    def _fill(self, path: Path, temporary: Path, sha256: str) -> None:
        digest = hashlib.sha256()
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        with open_plain(path) as source:
            fd = self._disk.open(temporary, flags)
            try:
                while chunk := source.read(_CHUNK):
                    digest.update(chunk)
                    self._disk.write(fd, chunk)
                os.fchmod(fd, _READ_ONLY)
                self._disk.sync(fd)
            finally:
                self._disk.close(fd)
        if digest.hexdigest() != sha256:
            raise VerificationError(f"`{path}` changed while it was copied")


def _digest(path: Path) -> str:
    with open_plain(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
