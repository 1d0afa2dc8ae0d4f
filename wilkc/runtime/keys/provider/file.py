"""The provider that keeps its key in a file. Layer: runtime.

The file belongs to the user, is closed to others, and may be kept under a passphrase. It must
lie outside the log and the key directory: who copies those must not get the key with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UsageError, VerificationError
from wilkc.runtime.keys.provider.keyfile import (
    MAX_FILE_BYTES,
    KeyFile,
    read_keys,
    with_passphrase,
    write_keys,
)
from wilkc.runtime.keys.seal import random_key
from wilkc.runtime.keys.secrets import provider_passphrase, read_private

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from wilkc.runtime.disk import Disk
    from wilkc.runtime.keys.wraps import Wrap

_WHAT: Final = "provider's key"


class FileProvider:
    """Wraps by the keys of one file."""

    def __init__(self, path: Path, file: KeyFile, disk: Disk) -> None:
        self._path = path
        self._disk = disk
        self._take(file)

    @property
    def name(self) -> str:
        """The id of the newest key."""
        return self.names[0]

    def wrap(self, secret: bytes, bound: bytes) -> Wrap:
        """The secret, encrypted by the newest key."""
        return self._wrappers[0].wrap(secret, bound)

    def unwrap(self, wrap: Wrap, bound: bytes) -> bytes:
        """The secret again.

        Raises:
            VerificationError: it was wrapped by a key that is not here, or was changed.
        """
        for wrapper in self._wrappers:
            if wrapper.name == wrap.by:
                return wrapper.unwrap(wrap, bound)
        raise VerificationError(f"`{wrap.by}` wrapped this key, not `{self.name}`")

    def rotate(self) -> None:
        """Make a new key, durable when this returns; the old ones still open.

        Raises:
            OSError: the disk refuses; the file is as before.
        """
        self._put(KeyFile((random_key(), *self._file.secrets), self._file.scrypt))

    def destroy_old(self) -> None:
        """Leave only the newest key in the file.

        Raises:
            OSError: the disk refuses; the file is as before.
        """
        self._put(KeyFile(self._file.secrets[:1], self._file.scrypt))

    def _put(self, file: KeyFile) -> None:
        self._disk.put_file(self._path, write_keys(file, provider_passphrase))
        self._take(file)

    def _take(self, file: KeyFile) -> None:
        self._file, self._wrappers = file, file.wrappers()
        self.names = tuple(wrapper.name for wrapper in self._wrappers)


def open_file(path: Path, forbidden: Sequence[Path], disk: Disk) -> FileProvider:
    """Read the provider's keys.

    Args:
        path: the file.
        forbidden: directories that it must not lie in.
        disk: where its changes are written.

    Raises:
        UsageError: it lies where it must not, or needs a passphrase that is not named.
        VerificationError: it is missing, open to others, or no such key.
    """
    refuse_inside(path, forbidden)
    data = read_private(path, _WHAT, MAX_FILE_BYTES)
    return FileProvider(path, read_keys(data, provider_passphrase), disk)


def create_file(
    path: Path, forbidden: Sequence[Path], disk: Disk, *, passphrase: bool = False
) -> FileProvider:
    """Make a provider's key, or use the one that is there.

    Args:
        path: the file.
        forbidden: directories that it must not lie in.
        disk: where it is written.
        passphrase: whether a new file is kept under the passphrase.

    Raises:
        UsageError: it lies where it must not, or cannot be written.
        VerificationError: what is there is no such key.
    """
    refuse_inside(path, forbidden)
    if not path.exists():
        file = with_passphrase((random_key(),)) if passphrase else KeyFile((random_key(),))
        try:
            disk.put_file(path, write_keys(file, provider_passphrase), mode=0o600)
        except OSError as error:
            raise UsageError(
                f"cannot write the provider's key `{path}`: {error.strerror}"
            ) from error
    return open_file(path, forbidden, disk)


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
