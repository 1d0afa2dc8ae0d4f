"""ES256 keys: making, reading, signing, verifying. Layer: bundle; the home of cryptography here.

ES256 is ECDSA with P-256 and SHA-256 (RFC 7518 section 3.4), the signature r and s side by
side, 64 bytes. Nonces are derived from key and message (RFC 6979), so that signing the same
bundle twice gives the same bytes. Bundles are not signed with Ed25519, because OPA does not
verify it.

Keeping keys in files is `key_files`' job.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from wilkc.core.errors import UnavailableError, VerificationError

SIGNATURE_BYTES: Final = 64
_HALF: Final = SIGNATURE_BYTES // 2
_NOT_ES256: Final = "is not an ES256 key: bundles need the curve P-256"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The half that verifies."""

    _key: ec.EllipticCurvePublicKey

    @property
    def pem(self) -> bytes:
        """SubjectPublicKeyInfo in PEM, as OPA's configuration takes it."""
        return self._key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def point(self) -> tuple[bytes, bytes]:
        """Its coordinates x and y, 32 bytes each, as a JSON Web Key names them."""
        numbers = self._key.public_numbers()
        return numbers.x.to_bytes(_HALF), numbers.y.to_bytes(_HALF)

    def verify(self, signature: bytes, message: bytes) -> None:
        """Check an ES256 signature.

        Raises:
            VerificationError: it does not verify.
        """
        if len(signature) != SIGNATURE_BYTES:
            raise VerificationError(f"an ES256 signature has {SIGNATURE_BYTES} bytes")
        pair = (int.from_bytes(signature[:_HALF]), int.from_bytes(signature[_HALF:]))
        try:
            self._key.verify(encode_dss_signature(*pair), message, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature as error:
            raise VerificationError("the signature does not fit") from error


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """The half that signs."""

    _key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        """PKCS #8 in PEM, not encrypted."""
        return self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    def public(self) -> PublicKey:
        """The other half."""
        return PublicKey(self._key.public_key())

    def sign(self, message: bytes) -> bytes:
        """The ES256 signature of a message, 64 bytes.

        Raises:
            UnavailableError: the cryptography library here cannot sign repeatably.
        """
        try:
            algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
            r, s = decode_dss_signature(self._key.sign(message, algorithm))
        except UnsupportedAlgorithm as error:
            raise UnavailableError(
                "the installed `cryptography` cannot sign repeatably",
                help_text="install its wheel, which brings OpenSSL 3.2 or later",
            ) from error
        return r.to_bytes(_HALF) + s.to_bytes(_HALF)


def generate_key() -> PrivateKey:
    """A new key of the operating system's randomness."""
    return PrivateKey(ec.generate_private_key(ec.SECP256R1()))


def private_key_from_pem(data: bytes) -> PrivateKey:
    """The ES256 private key that a PEM text holds, not encrypted.

    Raises:
        VerificationError: it holds none; the message is a predicate of the file.
    """
    try:
        key = serialization.load_pem_private_key(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise VerificationError("is not a private key in PEM without password") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not _is_p256(key.curve):
        raise VerificationError(_NOT_ES256)
    return PrivateKey(key)


def public_key_from_pem(data: bytes) -> PublicKey:
    """The ES256 public key that a PEM text holds.

    Raises:
        VerificationError: it holds none; the message is a predicate of the file.
    """
    if b"PRIVATE KEY" in data:
        raise VerificationError(
            "is a private key, and verifying needs the public half",
            help_text="name the file that ends in `.pub.pem`",
        )
    try:
        key = serialization.load_pem_public_key(data)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise VerificationError("is not a public key in PEM") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not _is_p256(key.curve):
        raise VerificationError(_NOT_ES256)
    return PublicKey(key)


def _is_p256(curve: ec.EllipticCurve) -> bool:
    return isinstance(curve, ec.SECP256R1)
