"""The provider that keeps its keys in a PKCS #11 token. Layer: runtime.

The keys are made inside the token, are marked sensitive and cannot be extracted: what they
wrap is encrypted and decrypted by the token itself (AES-GCM, PKCS #11 v3.0 section 2.11). A
token whose keys can be taken out is refused.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.encoding import from_base64, to_base64
from wilkc.core.errors import VerificationError
from wilkc.runtime.keys.provider.sessions import GONE, SESSIONS, pkcs11
from wilkc.runtime.keys.seal import NONCE_BYTES
from wilkc.runtime.keys.wraps import Wrap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.runtime.keys.provider.uri import TokenPlace

_BITS: Final = 256
_TAG_BITS: Final = 128
_GENERATION_BYTES: Final = 4
_RANDOM_BYTES: Final = 12
_PREFIX: Final = "pkcs11:"


class TokenProvider:
    """Wraps by the keys of one label in one token, the newest by its generation."""

    def __init__(self, place: TokenPlace, *, create: bool) -> None:
        self._place = place
        self._pkcs11 = pkcs11()
        with self._refusals():
            self._opened = SESSIONS.of(place)
        with self._errors():
            self._keys = self._find()
        if not self._keys and create:
            self.rotate()
        if not self._keys:
            raise VerificationError(
                f"audit_key_missing: the token `{place.token}` has no key `{place.label}`",
                help_text="`wilkc audit init` makes it with the log",
            )

    @property
    def names(self) -> tuple[str, ...]:
        """The ids of its keys, the newest first."""
        return tuple(self._keys)

    @property
    def name(self) -> str:
        """The id of the newest key."""
        return self.names[0]

    def wrap(self, secret: bytes, bound: bytes) -> Wrap:
        """The secret, encrypted inside the token by the newest key.

        Raises:
            VerificationError: the token does not answer.
        """
        nonce = os.urandom(NONCE_BYTES)
        with self._errors():
            sealed = self._keys[self.name].encrypt(secret, **self._gcm(nonce, bound))
        return Wrap(self.name, to_base64(sealed), to_base64(nonce))

    def unwrap(self, wrap: Wrap, bound: bytes) -> bytes:
        """The secret again, decrypted inside the token.

        Raises:
            VerificationError: it was wrapped by a key that is not here, or was changed, or the
                token does not answer.
        """
        key = self._keys.get(wrap.by)
        if key is None:
            raise VerificationError(f"`{wrap.by}` wrapped this key, not `{self.name}`")
        try:
            nonce, sealed = from_base64(wrap.n, length=NONCE_BYTES), from_base64(wrap.ct)
        except ValueError as error:
            raise VerificationError(f"a wrapped key is malformed: {error}") from error
        with self._errors():
            return bytes(key.decrypt(sealed, **self._gcm(nonce, bound)))

    def rotate(self) -> None:
        """Make a new key in the token; the old ones still open.

        Raises:
            VerificationError: the token does not answer.
        """
        newest = next(iter(self._keys), None)
        generation = 0 if newest is None else _generation(newest) + 1
        identity = generation.to_bytes(_GENERATION_BYTES) + os.urandom(_RANDOM_BYTES)
        one, p11 = self._pkcs11.Attribute, self._pkcs11
        allowed = {one.ENCRYPT: True, one.DECRYPT: True, one.SENSITIVE: True}
        refused = (one.EXTRACTABLE, one.WRAP, one.UNWRAP, one.SIGN, one.VERIFY, one.DERIVE)
        with self._errors():
            self._opened.session.generate_key(
                p11.KeyType.AES,
                _BITS,
                label=self._place.label,
                id=identity,
                store=True,
                template={**allowed, **dict.fromkeys(refused, False)},
            )
            self._keys = self._find()

    def destroy_old(self) -> None:
        """Destroy all keys of the label but the newest, for good.

        Raises:
            VerificationError: the token does not answer.
        """
        with self._errors():
            for name in self.names[1:]:
                self._keys[name].destroy()
            self._keys = self._find()

    def _find(self) -> dict[str, Any]:
        one = self._pkcs11.Attribute
        wanted = {
            one.CLASS: self._pkcs11.ObjectClass.SECRET_KEY,
            one.KEY_TYPE: self._pkcs11.KeyType.AES,
            one.LABEL: self._place.label,
        }
        found = {_PREFIX + key.id.hex(): key for key in self._opened.session.get_objects(wanted)}
        for name, key in found.items():
            kept = (one.SENSITIVE, one.ALWAYS_SENSITIVE, one.NEVER_EXTRACTABLE)
            if key[one.EXTRACTABLE] or not all(key[attribute] for attribute in kept):
                raise VerificationError(f"the key `{name}` can be taken out of its token")
        return dict(sorted(found.items(), reverse=True))

    def _gcm(self, nonce: bytes, bound: bytes) -> dict[str, Any]:
        return {
            "mechanism": self._pkcs11.Mechanism.AES_GCM,
            "mechanism_param": self._pkcs11.GCMParams(nonce, bound, _TAG_BITS),
        }

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """One call at a time, and what the token refuses as the refusal of a key."""
        with self._refusals(), self._opened.turn:
            try:
                yield
            except self._pkcs11.PKCS11Error as error:
                if type(error).__name__ in GONE:
                    SESSIONS.leave(self._place, self._opened)
                raise

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except self._pkcs11.PKCS11Error as error:
            why = str(error) or type(error).__name__
            raise VerificationError(
                f"audit_key_missing: the token `{self._place.token}` refuses: {why}",
                help_text="look at the token, its library and its PIN",
            ) from error


def _generation(name: str) -> int:
    return int(name.removeprefix(_PREFIX)[: 2 * _GENERATION_BYTES], 16)
