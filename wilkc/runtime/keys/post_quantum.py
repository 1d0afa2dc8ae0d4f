"""ML-DSA-44 (FIPS 204) signing and verifying, where `cryptography` offers it. Layer: runtime.

For cosignatures of witnesses alone: what is kept for years may be read by who has a quantum
computer then, and a checkpoint that such a key cosigned still says what the log was.
"""

from __future__ import annotations

from typing import Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from wilkc.core.errors import UsageError, VerificationError

SEED_BYTES: Final = 32
PUBLIC_BYTES: Final = 1312
SIGNATURE_BYTES: Final = 2420


class PostQuantumKey:
    """A private ML-DSA-44 key; its bytes are not wiped from memory, as Python cannot.

    Args:
        seed: its 32 private bytes.

    Raises:
        UsageError: the installed `cryptography` does not offer ML-DSA-44.
    """

    def __init__(self, seed: bytes) -> None:
        try:
            self._key = _mldsa().MLDSA44PrivateKey.from_seed_bytes(seed)
        except UnsupportedAlgorithm as error:
            raise _lacking() from error
        self.public: bytes = self._key.public_key().public_bytes_raw()

    @classmethod
    def generate(cls) -> PostQuantumKey:
        """A fresh key from the system's random numbers."""
        try:
            return cls(_mldsa().MLDSA44PrivateKey.generate().private_bytes_raw())
        except UnsupportedAlgorithm as error:
            raise _lacking() from error

    @property
    def unsafe_seed(self) -> bytes:
        """The 32 private bytes, for keeping them."""
        seed: bytes = self._key.private_bytes_raw()
        return seed

    def sign(self, message: bytes) -> bytes:
        """The 2,420-byte signature of a message; another one each time."""
        signature: bytes = self._key.sign(message)
        return signature


def verify_post_quantum(public: bytes, signature: bytes, message: bytes) -> None:
    """Require that the key signed the message.

    Raises:
        VerificationError: it did not, or the key is none.
        UsageError: the installed `cryptography` does not offer ML-DSA-44.
    """
    try:
        _mldsa().MLDSA44PublicKey.from_public_bytes(public).verify(signature, message)
    except UnsupportedAlgorithm as error:
        raise _lacking() from error
    except (InvalidSignature, ValueError) as error:
        raise VerificationError("a signature does not verify") from error


def _mldsa() -> Any:
    try:
        # Older versions lack it, and only who uses such a witness needs it.
        from cryptography.hazmat.primitives.asymmetric import mldsa  # noqa: PLC0415
    except ImportError as error:
        raise _lacking() from error
    return mldsa


def _lacking() -> UsageError:
    return UsageError(
        "the installed `cryptography` does not offer ML-DSA-44",
        help_text="pip install --upgrade cryptography",
    )
