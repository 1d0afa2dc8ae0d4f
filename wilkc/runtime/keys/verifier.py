"""Verifier and signer keys of C2SP signed notes. Layer: runtime. Pure.

Source: https://c2sp.org/signed-note. The key id is the first four bytes of
SHA-256(name ‖ LF ‖ 0x01 ‖ public key), 0x01 being the algorithm Ed25519.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from wilkc.core.encoding import from_base64, is_hex, to_base64
from wilkc.runtime.keys.sign import PUBLIC_BYTES, SEED_BYTES, SigningKey

ED25519: Final = b"\x01"
ID_BYTES: Final = 4
_SIGNER_PREFIX: Final = "PRIVATE+KEY+"


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with its name; `id` is the 4-byte key id."""

    name: str
    id: bytes
    public: bytes

    @property
    def text(self) -> str:
        """`name+hex(id)+base64(0x01 ‖ public)`."""
        return f"{self.name}+{self.id.hex()}+{to_base64(ED25519 + self.public)}"


def verifier_key(name: str, public: bytes) -> VerifierKey:
    """The verifier key of a public key under a name.

    Raises:
        ValueError: the name is empty or holds a blank or `+`.
    """
    if not name or "+" in name or any(character.isspace() for character in name):
        raise ValueError(f"`{name}` cannot be the name of a key")
    return VerifierKey(name, _key_id(name, public), public)


def parse_verifier_key(text: str) -> VerifierKey:
    """Read a verifier key.

    Raises:
        ValueError: it is malformed, of another algorithm, or its id does not fit.
    """
    name, digits, encoded = _split(text)
    data = from_base64(encoded, length=1 + PUBLIC_BYTES)
    if data[:1] != ED25519:
        raise ValueError("the key is not of the algorithm Ed25519")
    key = verifier_key(name, data[1:])
    if key.id.hex() != digits:
        raise ValueError("the key's id does not fit its name and bytes")
    return key


def signer_text(name: str, key: SigningKey) -> str:
    """The private form, as other implementations of signed notes keep it."""
    digits = _key_id(name, key.public).hex()
    return f"{_SIGNER_PREFIX}{name}+{digits}+{to_base64(ED25519 + key.unsafe_seed)}"


def parse_signer(text: str) -> tuple[str, SigningKey]:
    """Read the private form: the name and the key.

    Raises:
        ValueError: it is malformed, of another algorithm, or its id does not fit.
    """
    if not text.startswith(_SIGNER_PREFIX):
        raise ValueError("it is no private key of a signed note")
    name, digits, encoded = _split(text.removeprefix(_SIGNER_PREFIX))
    data = from_base64(encoded, length=1 + SEED_BYTES)
    if data[:1] != ED25519:
        raise ValueError("the key is not of the algorithm Ed25519")
    key = SigningKey(data[1:])
    if _key_id(name, key.public).hex() != digits:
        raise ValueError("the key's id does not fit its name and bytes")
    return name, key


def _split(text: str) -> tuple[str, str, str]:
    parts = text.split("+", 2)
    if len(parts) != 3 or not is_hex(parts[1], 2 * ID_BYTES):  # noqa: PLR2004  # name, id, key
        raise ValueError("a key has the form `name+id+base64`")
    return parts[0], parts[1], parts[2]


def _key_id(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public).digest()[:ID_BYTES]
