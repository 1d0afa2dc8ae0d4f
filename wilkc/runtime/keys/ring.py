"""The key ring as a value: entries, their changes, its authenticated text. Layer: runtime. Pure.

`keyring.json` holds `{"body":…,"mac":…}`. The body names the SHA-256 of the body before, and
the MAC is by a key of the ring itself, which the provider wraps: a ring can be checked only
by who may use it, and nobody outside has to.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from wilkc.core.closed_json import from_json, to_json
from wilkc.core.errors import VerificationError
from wilkc.core.subset import encode_subset, parse_subset
from wilkc.runtime.keys.states import State, Use, check_step  # read back by annotation
from wilkc.runtime.keys.wraps import Wrap  # noqa: TC001  # read back by its annotation

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT: Final = "wilk.keyring/v1"
NO_BODY: Final = "0" * 64
"""`previous` of the first body."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One key.

    Attributes:
        activated: when it became active, or None.
        alg: `Ed25519`, `A256GCM` or `HS256`.
        created: when it was made.
        destroyed: when its secret was removed, or None.
        kid: 32 random hexadecimal digits; for segment keys the 8 of the note key id.
        public: verifier key of a signing key, else None.
        rotate_after: when it is due to be replaced, or None.
        state: where it is in its life.
        use: what it is for.
        wrapped: its secret; None once destroyed.
    """

    activated: str | None
    alg: str
    created: str
    destroyed: str | None
    kid: str
    public: str | None
    rotate_after: str | None
    state: State
    use: Use
    wrapped: Wrap | None

    def bound(self) -> tuple[str, str, str]:
        """What its wrap is bound to."""
        return self.kid, self.use, FORMAT


@dataclass(frozen=True, slots=True)
class Ring:
    """All keys, with a version that grows by one at each change.

    Attributes:
        keys: in order of creation; none is ever removed.
        previous: hexadecimal SHA-256 of the body before, or 64 zeros.
        v: the format.
        version: from 1.
    """

    keys: tuple[Entry, ...]
    previous: str
    v: str
    version: int

    def body(self) -> bytes:
        """The canonical text that the MAC covers."""
        return encode_subset(to_json(self))

    def active(self, use: Use) -> Entry:
        """The one active key of a use.

        Raises:
            VerificationError: there is none.
        """
        found = self.find(use, "active")
        if found is None:
            raise VerificationError(f"audit_key_missing: the key ring has no active `{use}` key")
        return found

    def find(self, use: Use, state: State) -> Entry | None:
        """The newest key of a use in a state, or None."""
        fitting = (key for key in reversed(self.keys) if (key.use, key.state) == (use, state))
        return next(fitting, None)

    def with_key(self, entry: Entry) -> Ring:
        """The next version, with one key more.

        Raises:
            VerificationError: its key id is in use.
        """
        if any(key.kid == entry.kid for key in self.keys):
            raise VerificationError(f"key id `{entry.kid}` is already in the key ring")
        return self._next((*self.keys, entry))

    def with_roll(self, kid: str, now: str) -> Ring:
        """The next version: the pending segment key active, the active one destroyed.

        Raises:
            VerificationError: the key is not pending.
        """
        steps: dict[str, State] = {kid: "active"}
        before = self.find("segment", "active")
        if before is not None and before.kid != kid:
            steps[before.kid] = "destroyed"
        return self.with_steps(steps, now)

    def with_steps(
        self, steps: Mapping[str, State], now: str, wraps: Mapping[str, Wrap] | None = None
    ) -> Ring:
        """The next version: some keys in their next state, some wrapped by another key.

        Args:
            steps: key id to the state it goes to.
            now: the time.
            wraps: key id to its new wrap.

        Raises:
            VerificationError: a key is not there, or does not go that way.
        """
        wraps = wraps or {}
        missing = (set(steps) | set(wraps)) - {key.kid for key in self.keys}
        if missing:
            raise VerificationError(f"audit_key_missing: there is no key `{min(missing)}`")
        return self._next(
            tuple(_stepped(key, steps.get(key.kid), now, wraps.get(key.kid)) for key in self.keys)
        )

    def opening(self, kid: str) -> Entry | None:
        """The key-encryption key of an id, unless it was destroyed."""
        fitting = (key for key in self.keys if key.kid == kid and key.use == "kek")
        entry = next(fitting, None)
        return None if entry is None or entry.state == "destroyed" else entry

    def _next(self, keys: tuple[Entry, ...]) -> Ring:
        previous = hashlib.sha256(self.body()).hexdigest()
        return Ring(keys=keys, previous=previous, v=FORMAT, version=self.version + 1)


def _stepped(key: Entry, state: State | None, now: str, wrap: Wrap | None) -> Entry:
    if wrap is not None:
        key = replace(key, wrapped=wrap)
    if state is None:
        return key
    check_step(key.use, key.state, state)
    if state == "destroyed":
        return replace(key, state=state, destroyed=now, wrapped=None)
    return replace(key, state=state, activated=key.activated or now)


@dataclass(frozen=True, slots=True)
class _Outer:
    body: Ring
    mac: str


def new_ring(keys: tuple[Entry, ...]) -> Ring:
    """The first version of a ring."""
    return Ring(keys=keys, previous=NO_BODY, v=FORMAT, version=1)


def ring_text(ring: Ring, mac_key: bytes) -> bytes:
    """The content of `keyring.json`."""
    body = ring.body()
    return b'{"body":' + body + b',"mac":"' + _mac(mac_key, body).encode() + b'"}'


def read_ring(text: bytes) -> tuple[Ring, str]:
    """A ring that is not authenticated yet, and its MAC.

    Raises:
        VerificationError: the text is no key ring.
    """
    try:
        outer = from_json(_Outer, parse_subset(text), "key ring")
    except ValueError as error:
        raise VerificationError(f"the key ring cannot be read: {error}") from error
    if outer.body.v != FORMAT:
        raise VerificationError(f"the key ring is of another format than `{FORMAT}`")
    return outer.body, outer.mac


def check_mac(ring: Ring, mac_key: bytes, mac: str) -> None:
    """Require that the ring was written by a holder of its MAC key.

    Raises:
        VerificationError: it was not.
    """
    if not hmac.compare_digest(_mac(mac_key, ring.body()).encode(), mac.encode()):
        raise VerificationError("the key ring was changed: its MAC does not verify")


def _mac(key: bytes, body: bytes) -> str:
    return hmac.new(key, FORMAT.encode() + b"\n" + body, "sha256").hexdigest()
