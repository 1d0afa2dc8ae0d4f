"""Keys as files: named, written once, read with care. Layer: bundle.

A key's id is the name of its files: `NAME.pem` holds the private half, readable by its owner
alone, and `NAME.pub.pem` the public half, which may be handed out.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
from typing import TYPE_CHECKING, Final, TypeVar

from wilkc.bundle.keys import private_key_from_pem, public_key_from_pem
from wilkc.core.errors import UsageError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wilkc.bundle.keys import PrivateKey, PublicKey

MAX_KEY_BYTES: Final = 16_384
PRIVATE_SUFFIX: Final = ".pem"
PUBLIC_SUFFIX: Final = ".pub.pem"
_KEY_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", re.ASCII)
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_Key = TypeVar("_Key")


def key_id_of(path: Path) -> str:
    """The key id that a key file's name says.

    Raises:
        UsageError: the name cannot be a key id.
    """
    suffix = PUBLIC_SUFFIX if path.name.endswith(PUBLIC_SUFFIX) else PRIVATE_SUFFIX
    return check_key_id(path.name.removesuffix(suffix))


def check_key_id(name: str) -> str:
    """The name itself, if it can be a key id.

    Raises:
        UsageError: it cannot.
    """
    if not _KEY_ID.fullmatch(name):
        raise UsageError(
            f"`{name}` cannot be a key id",
            help_text="use letters, digits, `.`, `_` and `-`, at most 128, e.g. `release-2026`",
        )
    return name


def write_key_pair(folder: Path, name: str, key: PrivateKey) -> tuple[Path, Path]:
    """Write both halves of a key; nothing is ever overwritten.

    Args:
        folder: made with mode 0700 if it is not there.
        name: the key id.
        key: the private half.

    Returns:
        The paths of the private half (mode 0600) and of the public half (mode 0644).

    Raises:
        UsageError: a file is there already, or the folder cannot be written.
    """
    stem = check_key_id(name)
    paths = folder / f"{stem}{PRIVATE_SUFFIX}", folder / f"{stem}{PUBLIC_SUFFIX}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in paths:
            if path.exists():
                raise UsageError(
                    f"`{path}` is there already",
                    help_text="choose another id: a key is never overwritten",
                )
        _create(paths[0], key.pem, 0o600)
        _create(paths[1], key.public().pem, 0o644)
    except OSError as error:
        raise UsageError(f"cannot write keys to `{folder}`: {error.strerror}") from error
    return paths


def load_private_key(path: Path) -> PrivateKey:
    """Read a private key that nobody else can read.

    Raises:
        UsageError: there is no such file, or it cannot be read.
        VerificationError: others may read it, or it is no ES256 private key.
    """
    return _parsed(path, private_key_from_pem, _read(path, private=True))


def load_public_key(path: Path) -> PublicKey:
    """Read the public half of a key.

    Raises:
        UsageError: there is no such file, or it cannot be read.
        VerificationError: it is no ES256 public key.
    """
    return _parsed(path, public_key_from_pem, _read(path, private=False))


def _parsed(path: Path, parse: Callable[[bytes], _Key], data: bytes) -> _Key:
    try:
        return parse(data)
    except VerificationError as error:
        raise VerificationError(f"`{path}` {error.message}", help_text=error.help_text) from error


def _read(path: Path, *, private: bool) -> bytes:
    """Mode and content are of one open file, so that nothing can be swapped between them."""
    try:
        # A named pipe in the place of a key must not stop us.
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(fd, "rb") as file:
            status = os.fstat(fd)
            if not stat.S_ISREG(status.st_mode):
                raise UsageError(f"`{path}` is not a file")
            data = file.read(MAX_KEY_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read the key `{path}`: {error.strerror}") from error
    if len(data) > MAX_KEY_BYTES:
        raise VerificationError(f"`{path}` is too large to be a key")
    if private and status.st_mode & _OTHERS and b"PRIVATE KEY" in data:
        raise VerificationError(
            f"`{path}` is a private key that others may read",
            help_text=f"make a new key, or if you trust it run: chmod 600 {path}",
        )
    return data


def _create(path: Path, data: bytes, mode: int) -> None:
    """Under a temporary name first: a key file is there whole or not at all.

    `os.link` fails where the name is taken, while a rename would replace it.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode)
        os.link(temporary, path)
    finally:
        temporary.unlink()
