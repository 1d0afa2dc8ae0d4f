"""AES-256-GCM (NIST SP 800-38D) for members of records and for keys. Layer: runtime.

Each message gets a random 96-bit nonce: a counter would repeat after a crash or a restored
backup. What a ciphertext belongs to is bound by the associated data, so that it opens
nowhere else.
"""

from __future__ import annotations

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from wilkc.core.errors import VerificationError

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
ALGORITHM: Final = "A256GCM"


def random_key() -> bytes:
    """A fresh 256-bit key from the system's random numbers."""
    return os.urandom(KEY_BYTES)


def encrypt(key: bytes, plaintext: bytes, bound: bytes) -> tuple[bytes, bytes]:
    """Encrypt under a fresh nonce.

    Args:
        key: 32 bytes.
        plaintext: what to hide.
        bound: associated data that must be given again to decrypt.

    Returns:
        The nonce, and the ciphertext with its 16-byte tag.
    """
    nonce = os.urandom(NONCE_BYTES)
    return nonce, AESGCM(key).encrypt(nonce, plaintext, bound)


def decrypt(key: bytes, nonce: bytes, ciphertext: bytes, bound: bytes) -> bytes:
    """The plaintext of a ciphertext with its tag.

    Raises:
        VerificationError: another key, another place, or changed bytes.
    """
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, bound)
    except (InvalidTag, ValueError) as error:
        raise VerificationError("a sealed value does not open with this key") from error
