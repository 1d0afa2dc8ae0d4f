"""Secrets of credentials: made of 256 random bits, kept as keyed hashes. Layer: identity.

HMAC-SHA256 (RFC 2104) suffices where the secret is random: there is nothing to guess that a
slow hash would protect. Without the key, which lies in a file of its own, a stolen copy of the
hashes neither shows nor confirms a credential.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
import stat
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UnavailableError
from wilkc.core.plain_files import open_plain

if TYPE_CHECKING:
    from pathlib import Path

SECRET_BYTES: Final = 32
KEY_BYTES: Final = 32
SECRET_TEXT: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_OTHERS: Final = 0o077


def new_secret() -> str:
    """256 random bits of the system, as 43 characters of base64url."""
    return secrets.token_urlsafe(SECRET_BYTES)


def keyed_hash(key: bytes, kind: str, text: str) -> bytes:
    """The 32 bytes kept for a secret; `kind` keeps one kind from standing for another."""
    return hmac.digest(key, f"{kind}\0{text}".encode(), "sha256")


def read_hash_key(path: Path) -> bytes:
    """The key of the hashes.

    Raises:
        UnavailableError: it is missing, open to others, or none.
    """
    data = read_own(path, KEY_BYTES + 1)
    if len(data) != KEY_BYTES:
        raise UnavailableError(f"the identity's key `{path}` is damaged")
    return data


def read_own(path: Path, most: int) -> bytes:
    """The content of a file of an identity, `most` bytes at most.

    Raises:
        UnavailableError: it is missing, or open to others.
    """
    try:
        with open_plain(path) as file:
            require_own(path, os.fstat(file.fileno()))
            return file.read(most)
    except OSError as error:
        raise UnavailableError(
            f"`{path}` of the identity cannot be read: {error.strerror}",
            help_text="make the folder by `wilkc identity init`, or bring the file back",
        ) from error


def require_own(path: Path, found: os.stat_result, *, folder: bool = False) -> None:
    """Require a file, or a folder, of this user that is closed to everybody else.

    Raises:
        UnavailableError: it is not.
    """
    fits = stat.S_ISDIR(found.st_mode) if folder else stat.S_ISREG(found.st_mode)
    own = found.st_uid == os.geteuid() and not stat.S_IMODE(found.st_mode) & _OTHERS
    if not fits or not own:
        kind = "a folder" if folder else "a plain file"
        raise UnavailableError(
            f"`{path}` must be {kind} of this user, closed to everybody else",
            help_text=f"chmod {700 if folder else 600} {path}",
        )
