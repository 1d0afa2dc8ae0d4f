"""A key encrypted under another key. Layer: runtime.

Wrapping is AES-256-GCM; the associated data names the wrapped key and what it is for, so
that a wrap cannot be put in another's place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from wilkc.core.encoding import from_base64, to_base64
from wilkc.core.errors import VerificationError
from wilkc.core.subset import encode_subset
from wilkc.runtime.keys.seal import NONCE_BYTES, decrypt, encrypt


@dataclass(frozen=True, slots=True)
class Wrap:
    """One wrapped key.

    Attributes:
        by: id of the key that wraps: a key id of the ring, or the provider's own.
        ct: base64 of ciphertext and tag.
        n: base64 of the nonce.
    """

    by: str
    ct: str
    n: str


class Wrapper(Protocol):
    """What can wrap keys: a provider, or a key-encryption key of the ring."""

    @property
    def name(self) -> str:
        """The id that its wraps carry in `by`."""
        ...

    def wrap(self, secret: bytes, bound: bytes) -> Wrap:
        """The secret, encrypted."""
        ...

    def unwrap(self, wrap: Wrap, bound: bytes) -> bytes:
        """The secret again; raises VerificationError where it does not open."""
        ...


class Provider(Wrapper, Protocol):
    """What keeps the first keys of a ring: see `docs/keys.md` for writing one.

    `wrap` uses the newest key; `unwrap` opens what any of its keys wrapped.
    """

    @property
    def names(self) -> tuple[str, ...]:
        """The ids of its keys, the newest first; `name` is the first of them."""
        ...

    def rotate(self) -> None:
        """Make a new key, durable when this returns; the old ones still open."""
        ...

    def destroy_old(self) -> None:
        """Destroy all keys but the newest, for good."""
        ...


class KeyWrapper:
    """Wraps under a key held in memory."""

    def __init__(self, name: str, key: bytes) -> None:
        self._name = name
        self._key = key

    @property
    def name(self) -> str:
        """The id that its wraps carry in `by`."""
        return self._name

    def wrap(self, secret: bytes, bound: bytes) -> Wrap:
        """The secret, encrypted under a fresh nonce."""
        nonce, ciphertext = encrypt(self._key, secret, bound)
        return Wrap(self._name, to_base64(ciphertext), to_base64(nonce))

    def unwrap(self, wrap: Wrap, bound: bytes) -> bytes:
        """The secret again.

        Raises:
            VerificationError: it was wrapped by another key, for another place, or changed.
        """
        if wrap.by != self._name:
            raise VerificationError(f"`{wrap.by}` wrapped this key, not `{self._name}`")
        try:
            nonce, ciphertext = from_base64(wrap.n, length=NONCE_BYTES), from_base64(wrap.ct)
        except ValueError as error:
            raise VerificationError(f"a wrapped key is malformed: {error}") from error
        return decrypt(self._key, nonce, ciphertext, bound)


def bound_to(kid: str, use: str, version: str) -> bytes:
    """The associated data of a wrap: canonical `{"kid","use","v"}`."""
    return encode_subset({"kid": kid, "use": use, "v": version})
