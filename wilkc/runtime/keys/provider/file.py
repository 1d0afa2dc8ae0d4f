"""The provider that keeps its key in a file. Layer: runtime.

The file holds 32 random bytes, belongs to the user and is closed to others. It must lie
outside the log and the key directory: who copies those must not get the key with them.
"""

from __future__ import annotations

import hmac
import os
import stat
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UsageError, VerificationError
from wilkc.runtime.keys.seal import KEY_BYTES, random_key
from wilkc.runtime.keys.wraps import KeyWrapper

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from wilkc.runtime.disk import Disk

_NAME_CONTEXT: Final = b"wilk.provider/v1"
_NAME_DIGITS: Final = 16


def open_provider(path: Path, forbidden: Sequence[Path]) -> KeyWrapper:
    """Read the provider's key.

    Args:
        path: the file.
        forbidden: directories that it must not lie in.

    Raises:
        UsageError: it lies where it must not.
        VerificationError: it is missing, open to others, or no such key.
    """
    refuse_inside(path, forbidden)
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise VerificationError(
            f"audit_key_missing: the provider's key `{path}` cannot be read: {error.strerror}",
            help_text="name the file that `wilkc audit init` made with the log",
        ) from error
    try:
        _require_private(path, os.fstat(fd))
        key = os.read(fd, KEY_BYTES + 1)
    finally:
        os.close(fd)
    if len(key) != KEY_BYTES:
        raise VerificationError(f"the provider's key `{path}` is not {KEY_BYTES} bytes long")
    return KeyWrapper(_name(key), key)


def create_provider(path: Path, forbidden: Sequence[Path], disk: Disk) -> KeyWrapper:
    """Make a provider's key, or use the one that is there.

    Raises:
        UsageError: it lies where it must not, or cannot be written.
        VerificationError: what is there is no such key.
    """
    refuse_inside(path, forbidden)
    if not path.exists():
        try:
            disk.put_file(path, random_key(), mode=0o600)
        except OSError as error:
            raise UsageError(
                f"cannot write the provider's key `{path}`: {error.strerror}"
            ) from error
    return open_provider(path, forbidden)


def refuse_inside(path: Path, forbidden: Sequence[Path]) -> None:
    """Require that a key file lies in none of these directories.

    Raises:
        UsageError: it does.
    """
    real = path.resolve()
    for directory in forbidden:
        if real.is_relative_to(directory.resolve()):
            raise UsageError(
                f"the key `{path}` must not lie in `{directory}`",
                help_text="keep it apart from what it protects, better on another disk",
            )


def _require_private(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise VerificationError(f"the provider's key `{path}` is not a plain file")
    if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise VerificationError(
            f"the provider's key `{path}` belongs to somebody else, or others may read it",
            help_text=f"chmod 600 {path}",
        )


def _name(key: bytes) -> str:
    """An id of the key by which a wrap of another provider's key is recognised."""
    return "file:" + hmac.new(key, _NAME_CONTEXT, "sha256").hexdigest()[:_NAME_DIGITS]
