"""Files that are replaced, or made, as a whole. Layer: core.

The new content is written under a temporary name beside the file, and renamed or linked: whoever
reads sees the old file, or none, or the new one, never a part of either.
"""

from __future__ import annotations

import os
import secrets
import stat
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from pathlib import Path

TEMPORARY: Final = ".wilk-"
"""What the name of a file under way begins with; only a killed program leaves one behind."""
Durable = Literal["name", "content", "no"]
"""What is on stable storage when a file counts as written: content and name, so that no crash
brings the old file back; the content, so that a crash leaves the old file or the new one; or
nothing."""

OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
"""Bits of a mode by which others than the owner may write."""


def replace_file(path: Path, data: bytes, *, mode: int, durable: Durable) -> None:
    """Replace a file as a whole, or leave it as it was.

    Args:
        path: the file; its folder must exist.
        data: the new content.
        mode: permission bits of the new file, whatever the umask.
        durable: what is waited for.

    Raises:
        OSError: the folder is missing or cannot be written.
    """
    temporary = _temporary(path)
    # Opened inside: a signal that ends the program must leave no file between the two.
    try:
        _write(temporary, data, mode, durable)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if durable == "name":
        _sync_folder(path.parent)


def create_file(path: Path, data: bytes, *, mode: int) -> None:
    """Make a file as a whole, with content and name on stable storage; one that is there stays.

    Args:
        path: the file; its folder must exist.
        data: the content.
        mode: permission bits of the file, whatever the umask.

    Raises:
        FileExistsError: there is one, be it a link that leads nowhere.
        OSError: the folder is missing or cannot be written, or knows no hard links.
    """
    temporary = _temporary(path)
    try:
        _write(temporary, data, mode, "name")
        os.link(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _temporary(path: Path) -> Path:
    return path.parent / f"{TEMPORARY}{secrets.token_hex(8)}"


def _write(path: Path, data: bytes, mode: int, durable: Durable) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(data)
        file.flush()
        os.fchmod(fd, mode)
        if durable != "no":
            os.fsync(fd)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
