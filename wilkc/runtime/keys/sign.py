"""Ed25519 (RFC 8032) signing and verifying. Layer: runtime."""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from wilkc.core.errors import VerificationError

SEED_BYTES: Final = 32
PUBLIC_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64


class SigningKey:
    """A private Ed25519 key; its bytes are not wiped from memory, as Python cannot."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._key.public_key().public_bytes_raw()

    @classmethod
    def generate(cls) -> SigningKey:
        """A fresh key from the system's random numbers."""
        return cls(Ed25519PrivateKey.generate().private_bytes_raw())

    @property
    def unsafe_seed(self) -> bytes:
        """The 32 private bytes, for wrapping them."""
        return self._key.private_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature of a message."""
        return self._key.sign(message)


def verify_signature(public: bytes, signature: bytes, message: bytes) -> None:
    """Require that the key signed the message.

    Raises:
        VerificationError: it did not, or the key is no point of the curve.
    """
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise VerificationError("a signature does not verify") from error
