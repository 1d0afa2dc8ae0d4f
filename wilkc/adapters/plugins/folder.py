"""Reading the files of a plugin. Layer: adapters. Reads files.

Each file is read once, from a descriptor that followed no link; what is verified and what is run
are those bytes, whatever becomes of the folder meanwhile.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final

from wilkc.adapters.plugins.content import ENVELOPE, MAX_BYTES, MAX_FILES, is_plain_path
from wilkc.core.errors import VerificationError
from wilkc.core.plain_files import SAFE_FLAGS

if TYPE_CHECKING:
    from pathlib import Path

MAX_DEPTH: Final = 8
"""Folders inside each other."""
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE: Final = os.O_RDONLY | SAFE_FLAGS


def read_folder(folder: Path) -> tuple[bytes | None, dict[str, bytes]]:
    """The envelope of a plugin, if there is one, and its other files by path.

    Raises:
        VerificationError: something in it is no regular file or folder, cannot be read, or is
            too much.
    """
    reading = _Reading()
    try:
        fd = os.open(folder, _FOLDER)
        try:
            reading.take(fd, "", 0)
        finally:
            os.close(fd)
    except OSError as error:
        where = error.filename or folder
        raise VerificationError(
            f"the plugin cannot be read: `{where}`: {error.strerror}"
        ) from error
    return reading.files.pop(ENVELOPE, None), reading.files


class _Reading:
    """The files so far."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self._left = MAX_BYTES + 1

    def take(self, folder: int, prefix: str, depth: int) -> None:
        """Read everything below an open folder."""
        if depth > MAX_DEPTH:
            raise VerificationError(f"the plugin has more than {MAX_DEPTH} folders in each other")
        for name in sorted(os.listdir(folder)):
            path = f"{prefix}{name}"
            if not is_plain_path(name):
                raise VerificationError(f"the plugin has a file with no plain name: {path!a}")
            kind = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
            if stat.S_ISDIR(kind):
                fd = os.open(name, _FOLDER, dir_fd=folder)
                try:
                    self.take(fd, f"{path}/", depth + 1)
                finally:
                    os.close(fd)
            else:
                self.files[path] = self._read(folder, name, path)
            # One more than are allowed: the envelope is none of the plugin's files.
            if len(self.files) > MAX_FILES + 1:
                raise VerificationError(f"the plugin has more than {MAX_FILES} files")

    def _read(self, folder: int, name: str, path: str) -> bytes:
        fd = os.open(name, _FILE, dir_fd=folder)
        with os.fdopen(fd, "rb") as file:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise VerificationError(f"the plugin's `{path}` is no regular file")
            data = file.read(self._left)
        self._left -= len(data)
        if self._left <= 0:
            raise VerificationError(f"the plugin has more than {MAX_BYTES // 2**20} MiB")
        return data
