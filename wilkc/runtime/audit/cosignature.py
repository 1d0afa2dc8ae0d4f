"""Cosignatures of witnesses on checkpoints. Layer: runtime. Pure.

Source: https://c2sp.org/tlog-cosignature, type Ed25519 (0x04). A cosignature says that at a
time the witness had seen no larger and no inconsistent tree of the log.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.core.encoding import from_base64, is_hex, to_base64
from wilkc.core.errors import VerificationError
from wilkc.runtime.keys import SigningKey, verifier_key, verify_signature
from wilkc.runtime.keys.sign import PUBLIC_BYTES, SEED_BYTES, SIGNATURE_BYTES
from wilkc.runtime.keys.verifier import ID_BYTES

if TYPE_CHECKING:
    from wilkc.runtime.audit.note import Note

COSIGNATURE: Final = b"\x04"
HEADER: Final = "cosignature/v1"
_TIME_BYTES: Final = 8
_MAX_TIME: Final = 2**63 - 1
_SIGNER_PREFIX: Final = "PRIVATE+KEY+"
_DASH: Final = "\u2014 "


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """The public key of a witness; `id` is the 4-byte key id of its cosignatures."""

    name: str
    id: bytes
    public: bytes

    @property
    def text(self) -> str:
        """`name+hex(id)+base64(0x04 ‖ public)`."""
        return f"{self.name}+{self.id.hex()}+{to_base64(COSIGNATURE + self.public)}"

    def cosigned(self, note: Note) -> int | None:
        """When this witness last cosigned a checkpoint, in seconds since 1970; None if never.

        Raises:
            VerificationError: a line claims to be one and does not verify.
        """
        times = []
        lines = [line for line in note.signatures if (line.name, line.id) == (self.name, self.id)]
        for line in lines:
            if len(line.signature) != _TIME_BYTES + SIGNATURE_BYTES:
                raise VerificationError(f"the cosignature of `{self.name}` is malformed")
            time = int.from_bytes(line.signature[:_TIME_BYTES])
            if time > _MAX_TIME:
                raise VerificationError(f"the cosignature of `{self.name}` has no time")
            signed = _message(note.text, time)
            verify_signature(self.public, line.signature[_TIME_BYTES:], signed)
            times.append(time)
        return max(times, default=None)


def witness_key(name: str, public: bytes) -> WitnessKey:
    """The witness key of a public key under a name.

    Raises:
        ValueError: the name is empty or holds a blank or `+`.
    """
    verifier_key(name, public)
    digest = hashlib.sha256(name.encode() + b"\n" + COSIGNATURE + public).digest()
    return WitnessKey(name, digest[:ID_BYTES], public)


def parse_witness_key(text: str) -> WitnessKey:
    """Read a witness key.

    Raises:
        ValueError: it is malformed, of another algorithm, or its id does not fit.
    """
    name, digits, data = _split(text, PUBLIC_BYTES)
    key = witness_key(name, data)
    if key.id.hex() != digits:
        raise ValueError("the witness key's id does not fit its name and bytes")
    return key


def witness_signer_text(name: str, key: SigningKey) -> str:
    """The private form of a witness's key, as other implementations keep it."""
    digits = witness_key(name, key.public).id.hex()
    return f"{_SIGNER_PREFIX}{name}+{digits}+{to_base64(COSIGNATURE + key.unsafe_seed)}"


def parse_witness_signer(text: str) -> tuple[str, SigningKey]:
    """Read the private form: the name and the key.

    Raises:
        ValueError: it is malformed, of another algorithm, or its id does not fit.
    """
    if not text.startswith(_SIGNER_PREFIX):
        raise ValueError("it is no private key of a witness")
    name, digits, seed = _split(text.removeprefix(_SIGNER_PREFIX), SEED_BYTES)
    key = SigningKey(seed)
    if witness_key(name, key.public).id.hex() != digits:
        raise ValueError("the witness key's id does not fit its name and bytes")
    return name, key


def cosign(note_text: str, name: str, key: SigningKey, time: int) -> str:
    """The signature line of a cosignature, with its newline.

    Args:
        note_text: the text of the checkpoint, with its final newline.
        name: of the witness.
        key: of the witness.
        time: seconds since 1970-01-01 UTC.
    """
    signature = key.sign(_message(note_text, time))
    data = witness_key(name, key.public).id + time.to_bytes(_TIME_BYTES) + signature
    return f"{_DASH}{name} {to_base64(data)}\n"


def _message(note_text: str, time: int) -> bytes:
    return f"{HEADER}\ntime {time}\n{note_text}".encode()


def _split(text: str, length: int) -> tuple[str, str, bytes]:
    parts = text.split("+", 2)
    if len(parts) != 3 or not is_hex(parts[1], 2 * ID_BYTES):  # noqa: PLR2004  # name, id, key
        raise ValueError("a key has the form `name+id+base64`")
    data = from_base64(parts[2], length=1 + length)
    if data[:1] != COSIGNATURE:
        raise ValueError("the key is not one for Ed25519 cosignatures")
    return parts[0], parts[1], data[1:]
