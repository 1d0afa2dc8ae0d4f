"""The keys of an issuer as they change: from a file, or from an https address. Layer: identity.

A key that is unknown makes the set be read again, at most every few seconds: so a new key is
known at once, and a made-up one asks no server for each token. Keys that were taken out are gone
with the next reading, the last one too, and keys that could not be read again for too long are no
longer believed. A file that others may write is not read: they could put a key of theirs into it.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from wilkc.core.errors import UnavailableError, WilkError
from wilkc.core.files import OTHERS_WRITE
from wilkc.identity.failures import UNKNOWN, AuthenticationError
from wilkc.identity.tokens.jwks import MAX_BYTES, NoKeysError, parse_jwks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wilkc.identity.tokens.issuers import Issuer

FRESH_SECONDS: Final = 300.0
"""After so long the keys are read again."""
RETRY_SECONDS: Final = 5.0
"""Between two readings."""
STALE_SECONDS: Final = 3600.0
"""Keys that were read longer ago are not believed."""
FILE_SECONDS: Final = 0.5
"""A file costs nothing to look at, so what is taken out of it is gone within a second."""
FILE_STALE_SECONDS: Final = 5.0
"""A file is away for as long as somebody takes to replace it, and no longer."""


class Reader(Protocol):
    """Where the bytes of a set come from."""

    def read(self) -> bytes | None:
        """The set, or None where it is the one that was read before.

        Raises:
            WilkError: it cannot be read now.
        """
        ...


class FileReader:
    """A set in a file, which is replaced."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None

    def read(self) -> bytes | None:
        """See `Reader`."""
        try:
            fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            with os.fdopen(fd, "rb") as file:
                found = os.fstat(fd)
                if found.st_mode & OTHERS_WRITE or found.st_uid not in {0, os.geteuid()}:
                    raise UnavailableError(f"others may write `{self._path}`")
                state = found.st_ino, found.st_size, found.st_mtime_ns
                if state == self._seen:
                    return None
                data = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise UnavailableError(f"cannot read `{self._path}`: {error.strerror}") from error
        self._seen = state
        return data


class KeySet:
    """The keys of one issuer; safe to use from several threads.

    Args:
        issuer: whose keys.
        reader: where they come from.
        fresh_seconds: after how long they are read again.
        stale_seconds: after how long they are not believed that could not be read again.
        monotonic: seconds that never run back.
    """

    def __init__(
        self, issuer: Issuer, reader: Reader, *, fresh_seconds: float = FRESH_SECONDS,
        stale_seconds: float = STALE_SECONDS, monotonic: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._issuer = issuer
        self._reader = reader
        self._fresh = fresh_seconds
        self._stale = stale_seconds
        self._retry = min(RETRY_SECONDS, fresh_seconds)
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._keys: Mapping[str, Any] = {}
        self._sound = False
        self._read_at: float | None = None
        self._tried_at: float | None = None

    def key(self, name: str) -> Any:
        """The key of a name.

        Raises:
            AuthenticationError: the issuer has none of this name.
            UnavailableError: its keys could not be read for too long.
        """
        now = self._monotonic()
        if self._read_at is None or now - self._read_at >= self._fresh or name not in self._keys:
            with self._lock:
                self._renew(name)
        if self._read_at is None or self._monotonic() - self._read_at >= self._stale:
            raise UnavailableError(f"the keys of `{self._issuer.issuer}` cannot be had")
        found = self._keys.get(name)
        if found is None:
            raise AuthenticationError(
                UNKNOWN, f"`{self._issuer.issuer}` has no key for it", credential=name
            )
        return found

    def _renew(self, name: str) -> None:
        """Read the keys again, unless that has just been done or tried."""
        now = self._monotonic()
        due = self._read_at is None or now - self._read_at >= self._fresh
        if not due and name in self._keys:
            return
        if self._tried_at is not None and now - self._tried_at < self._retry:
            return
        self._tried_at = now
        try:
            data = self._reader.read()
            if data is not None:
                self._sound = False
                self._keys = parse_jwks(data, self._issuer.algorithm)
                self._sound = True
        except NoKeysError:
            # Whoever keeps the set has taken the last key out.
            self._keys, self._read_at = {}, None
            return
        except (WilkError, ValueError):
            # What was read before counts until it is stale; after that nobody is let in.
            return
        # A set that is the same as one that could not be understood is no better for it.
        if self._sound:
            self._read_at = now


def open_keyset(issuer: Issuer, folder: Path, remote: Callable[[str], Reader]) -> KeySet:
    """The keys of an issuer.

    Args:
        issuer: whose keys.
        folder: where relative names of files begin.
        remote: makes the reader of an https address.
    """
    if issuer.keys.startswith("https://"):
        return KeySet(issuer, remote(issuer.keys))
    reader = FileReader(folder / Path(issuer.keys))
    return KeySet(issuer, reader, fresh_seconds=FILE_SECONDS, stale_seconds=FILE_STALE_SECONDS)
