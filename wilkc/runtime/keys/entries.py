"""New entries of a key ring. Layer: runtime. Pure but for random numbers.

A key id is random and never an alias, so that a record of any year names one key for ever.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.runtime.keys.ring import FORMAT, Entry, Ring, new_ring
from wilkc.runtime.keys.seal import ALGORITHM, random_key
from wilkc.runtime.keys.sign import SigningKey
from wilkc.runtime.keys.verifier import VerifierKey, verifier_key
from wilkc.runtime.keys.wraps import KeyWrapper, bound_to

if TYPE_CHECKING:
    from wilkc.runtime.keys.states import State, Use
    from wilkc.runtime.keys.wraps import Wrapper

KID_BYTES: Final = 16
_MAC: Final = "HS256"


@dataclass(frozen=True, slots=True)
class SegmentKey:
    """A signing key of the ring: its id there, its public and its private half."""

    kid: str
    public: VerifierKey
    key: SigningKey


def new_kek(now: str, rotate_after: str, state: State, wrapper: Wrapper) -> tuple[Entry, bytes]:
    """A key-encryption key, and its secret."""
    secret = random_key()
    return _symmetric("kek", now, wrapper, secret, state=state, rotate_after=rotate_after), secret


def new_signing_key(
    use: Use, name: str, now: str, state: State, wrapper: Wrapper
) -> tuple[Entry, SegmentKey]:
    """A signing key under a name; its key id is the one of signed notes."""
    key = SigningKey.generate()
    public = verifier_key(name, key.public)
    kid = public.id.hex()
    entry = Entry(
        activated=now if state == "active" else None,
        alg="Ed25519",
        created=now,
        destroyed=None,
        kid=kid,
        public=public.text,
        rotate_after=None,
        state=state,
        use=use,
        wrapped=wrapper.wrap(key.unsafe_seed, bound_to(kid, use, FORMAT)),
    )
    return entry, SegmentKey(kid, public, key)


def first_ring(provider: Wrapper, origin: str, now: str, rotate_after: str) -> tuple[Ring, bytes]:
    """The keys that a log begins with, and the secret of the ring's own."""
    mac_secret = random_key()
    mac = _symmetric("ring", now, provider, mac_secret)
    kek, secret = new_kek(now, rotate_after, "active", provider)
    wrapper = KeyWrapper(kek.kid, secret)
    lookup = _symmetric("lookup", now, wrapper, random_key())
    segment, _made = new_signing_key("segment", origin, now, "active", wrapper)
    return new_ring((mac, kek, lookup, segment)), mac_secret


def _symmetric(  # noqa: PLR0913  # members of one entry
    use: Use,
    now: str,
    wrapper: Wrapper,
    secret: bytes,
    *,
    state: State = "active",
    rotate_after: str | None = None,
) -> Entry:
    kid = os.urandom(KID_BYTES).hex()
    return Entry(
        activated=now if state == "active" else None,
        alg=ALGORITHM if use == "kek" else _MAC,
        created=now,
        destroyed=None,
        kid=kid,
        public=None,
        rotate_after=rotate_after,
        state=state,
        use=use,
        wrapped=wrapper.wrap(secret, bound_to(kid, use, FORMAT)),
    )
