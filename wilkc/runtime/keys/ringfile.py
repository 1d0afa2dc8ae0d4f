"""The file of the key ring, and the secrets it wraps. Layer: runtime.

Every change happens under a lock and is durable before it is used. Nothing missing is ever
made anew: a fresh key in place of a lost one would hide the loss.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UnavailableError, VerificationError
from wilkc.core.locks import locked_file
from wilkc.core.plain_files import open_plain
from wilkc.runtime.disk import place_of
from wilkc.runtime.keys.ring import check_mac, read_ring, ring_text
from wilkc.runtime.keys.wraps import KeyWrapper, bound_to

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wilkc.runtime.disk import Disk
    from wilkc.runtime.keys.ring import Entry, Ring
    from wilkc.runtime.keys.wraps import Provider, Wrap

RING_FILE: Final = "keyring.json"
LOCK_FILE: Final = "keyring.lock"
BY_PROVIDER: Final = frozenset({"kek", "ring"})
"""Uses of keys that the provider wraps; the active key-encryption key wraps all others."""


class RingFile:
    """The ring of a key directory.

    Attributes:
        directory: the key directory.
        provider: wraps the first keys.
        disk: where to write.
        ring: as last read or written.
    """

    def __init__(self, directory: Path, provider: Provider, disk: Disk) -> None:
        self.directory = directory
        self.provider = provider
        self.disk = disk
        self._text = b""
        self._secrets: dict[Entry, bytes] = {}
        self.ring = self._load()

    def refresh(self) -> bool:
        """Read the ring again if another process changed it.

        Returns:
            Whether it had.

        Raises:
            VerificationError: it does not verify, or went back to an older version.
        """
        if read_file(place_of(self.directory, RING_FILE)) == self._text:
            return False
        known = self.ring.version
        self.ring = self._load()
        self._forget()
        if self.ring.version < known:
            raise VerificationError("the key ring went back to an older version")
        return True

    def save(self, ring: Ring) -> None:
        """Make a changed ring durable; call it under the lock.

        Raises:
            OSError: the disk refuses; the old ring is still there.
        """
        text = ring_text(ring, self.secret(ring.active("ring")))
        self.disk.put_file(place_of(self.directory, RING_FILE), text)
        self.ring, self._text = ring, text
        self._forget()

    def secret(self, entry: Entry) -> bytes:
        """What a key's wrap holds.

        Raises:
            VerificationError: it was destroyed, or what wrapped it is not here.
        """
        if entry.wrapped is None:
            raise VerificationError(f"audit_key_missing: key `{entry.kid}` was destroyed")
        bound = bound_to(*entry.bound())
        if entry.use not in BY_PROVIDER:
            return self.unwrap(entry.wrapped, bound)
        if entry not in self._secrets:  # a provider may be slow, and answer over a network
            self._secrets[entry] = self.provider.unwrap(entry.wrapped, bound)
        return self._secrets[entry]

    def unwrap(self, wrap: Wrap, bound: bytes) -> bytes:
        """What a key-encryption key of this ring wrapped.

        Raises:
            VerificationError: there is no such key any more, or it does not open.
        """
        entry = self.ring.opening(wrap.by)
        if entry is None:
            raise unknown_kek(wrap.by)
        return self.kek(entry).unwrap(wrap, bound)

    def kek(self, entry: Entry) -> KeyWrapper:
        """A key-encryption key, opened."""
        return KeyWrapper(entry.kid, self.secret(entry))

    def active_kek(self) -> KeyWrapper:
        """The key-encryption key in use, opened."""
        return self.kek(self.ring.active("kek"))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the key directory's lock, with the newest ring; not twice in one thread."""
        busy = UnavailableError("another process changes these keys")
        lock = self.directory / LOCK_FILE
        with locked_file(lock, lambda _: busy, seconds=None, opening=self.disk.open):
            self.refresh()
            yield

    def _load(self) -> Ring:
        text = read_file(place_of(self.directory, RING_FILE))
        ring, mac = read_ring(text)
        entry = ring.active("ring")
        if entry.wrapped is None:
            raise VerificationError("audit_key_missing: the key ring has no key of its own")
        check_mac(ring, self.provider.unwrap(entry.wrapped, bound_to(*entry.bound())), mac)
        _require_openers(ring)
        self._text = text
        return ring

    def _forget(self) -> None:
        """Keep no secret of a key that the ring does not hold as it was opened."""
        kept = set(self.ring.keys)
        self._secrets = {key: secret for key, secret in self._secrets.items() if key in kept}


def read_file(path: Path) -> bytes:
    """A file of the key directory.

    Raises:
        VerificationError: it is missing.
        UnavailableError: it cannot be read.
    """
    try:
        with open_plain(path) as file:
            return file.read()
    except FileNotFoundError as error:
        raise VerificationError(
            f"audit_key_missing: there is no `{path}`",
            help_text="restore the keys of this log; they are never made anew",
        ) from error
    except OSError as error:
        raise UnavailableError(f"cannot read `{path}`: {error.strerror}") from error


def unknown_kek(kid: str) -> VerificationError:
    """The refusal of a wrap whose key is gone."""
    return VerificationError(
        f"audit_key_missing: a key is wrapped by `{kid}`, which the key ring lacks",
        help_text="an old copy of the wrapped keys may have been put back",
    )


def _require_openers(ring: Ring) -> None:
    for key in ring.keys:
        if key.use in BY_PROVIDER or key.wrapped is None:
            continue
        if ring.opening(key.wrapped.by) is None:
            raise unknown_kek(key.wrapped.by)
