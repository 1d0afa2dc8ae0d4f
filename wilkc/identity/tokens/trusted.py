"""Tokens of the issuers that an identity's folder names now. Layer: identity.

The list of issuers is looked at again twice a second: whoever is put on it is believed, and whoever
is taken off it is not, in every process and without a restart. A list that is malformed or open to
others lets nobody in by a token.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UnavailableError
from wilkc.identity.tokens.issuers import ISSUERS, read_issuers
from wilkc.identity.tokens.keyset import open_keyset
from wilkc.identity.tokens.verifying import Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from wilkc.identity.clock import Clock
    from wilkc.identity.principal import Principal
    from wilkc.identity.revocation import Revocations
    from wilkc.identity.tokens.issuers import Issuer
    from wilkc.identity.tokens.keyset import KeySet, Reader

LOOK_SECONDS: Final = 0.5
_State = tuple[int, int, int, int]
_NO_LIST: Final[_State] = (0, 0, 0, 0)


class TrustedTokens:
    """Verifies tokens; safe to use from several threads.

    Args:
        folder: of the identity.
        remote: makes the reader of keys at an https address.
        revocations: what is revoked.
        clock: the time of tokens.
        monotonic: seconds that never run back.
    """

    def __init__(
        self,
        folder: Path,
        remote: Callable[[str], Reader],
        revocations: Revocations,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._remote = remote
        self._parts = (revocations, clock)
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._looked: float | None = None
        self._state: _State | None = None
        self._named: Mapping[str, Issuer] = {}
        self._keysets: dict[str, KeySet] = {}
        self._tokens: Tokens | None = None

    def authenticate(self, text: str) -> Principal:
        """See `Tokens.authenticate`."""
        with self._lock:
            tokens = self._current()
        return tokens.authenticate(text)

    def _current(self) -> Tokens:
        now = self._monotonic()
        if self._looked is None or now - self._looked >= LOOK_SECONDS:
            # Looked at before it is read: a list that is replaced in between is read again.
            state = self._look()
            if self._tokens is None or state != self._state:
                self._tokens = None
                self._take(read_issuers(self._folder) if state != _NO_LIST else {})
                self._state = state
            self._looked = now
        if self._tokens is None:
            raise UnavailableError("the issuers of tokens cannot be read")
        return self._tokens

    def _take(self, named: Mapping[str, Issuer]) -> None:
        """An issuer that is as it was keeps the keys that were read."""
        self._keysets = {
            name: self._keysets[name]
            if self._named.get(name) == one
            else open_keyset(one, self._folder, self._remote)
            for name, one in named.items()
        }
        self._named = named
        self._tokens = Tokens(named, self._keysets, *self._parts)

    def _look(self) -> _State:
        try:
            found = (self._folder / ISSUERS).stat(follow_symlinks=False)
        except FileNotFoundError:
            return _NO_LIST
        except OSError as error:
            self._tokens = None
            raise UnavailableError(f"cannot read the issuers: {error.strerror}") from error
        # With the time of the change of its mode: who may write it is part of what it is.
        return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
