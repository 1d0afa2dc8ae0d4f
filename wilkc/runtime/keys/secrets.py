"""Secrets that stand in files of their own: passphrases and PINs. Layer: runtime.

They come from files, since arguments and the environment of a process can be read by others.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from wilkc.core.errors import UsageError, VerificationError

PASSPHRASE_FILE: Final = "WILK_AUDIT_PASSPHRASE_FILE"  # noqa: S105  # a name
"""Names the file of the passphrase that a provider's file may be kept under."""
_MOST_BYTES: Final = 4096


def provider_passphrase() -> bytes:
    """The passphrase of the provider's file.

    Raises:
        UsageError: none is named.
        VerificationError: its file is missing, open to others, or empty.
    """
    place = os.environ.get(PASSPHRASE_FILE)
    if not place:
        raise UsageError(
            "the provider's file is kept under a passphrase",
            help_text=f"name the file that holds it by `{PASSPHRASE_FILE}`",
        )
    return read_secret(Path(place), "passphrase")


def read_secret(path: Path, what: str, most: int = _MOST_BYTES) -> bytes:
    """The first line of a file that only its owner can read.

    Raises:
        VerificationError: it is missing, open to others, or empty.
    """
    data = read_private(path, what, most)
    secret = data.split(b"\n", 1)[0].rstrip(b"\r")
    if not secret:
        raise VerificationError(f"the {what} `{path}` is empty")
    return secret


def read_private(path: Path, what: str, most: int) -> bytes:
    """The content of a plain file that belongs to this user and is closed to others.

    Args:
        path: the file; no link.
        what: its name in messages.
        most: bytes to read at most; what is beyond is left out.

    Raises:
        VerificationError: it is missing, no such file, or open to others.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise VerificationError(
            f"audit_key_missing: the {what} `{path}` cannot be read: {error.strerror}",
            help_text="name the file that `wilkc audit init` made with the log",
        ) from error
    try:
        _require_private(path, what, os.fstat(fd))
        return os.read(fd, most)
    finally:
        os.close(fd)


def _require_private(path: Path, what: str, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise VerificationError(f"the {what} `{path}` is not a plain file")
    if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise VerificationError(
            f"the {what} `{path}` belongs to somebody else, or others may read it",
            help_text=f"chmod 600 {path}",
        )
