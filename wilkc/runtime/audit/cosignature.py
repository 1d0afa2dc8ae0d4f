"""Cosignatures of witnesses on checkpoints. Layer: runtime. Pure.

Source: https://c2sp.org/tlog-cosignature, types Ed25519 (0x04) and ML-DSA-44 (0x06). A
cosignature says that at a time the witness had seen no larger and no inconsistent tree of the
log.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.core.encoding import from_base64, is_hex, to_base64
from wilkc.core.errors import VerificationError
from wilkc.runtime.audit.tree import HASH_BYTES
from wilkc.runtime.keys import SigningKey, post_quantum, verifier_key, verify_signature
from wilkc.runtime.keys.post_quantum import PostQuantumKey, verify_post_quantum
from wilkc.runtime.keys.sign import PUBLIC_BYTES, SEED_BYTES, SIGNATURE_BYTES
from wilkc.runtime.keys.verifier import ID_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.runtime.audit.note import Note

Signer = SigningKey | PostQuantumKey

COSIGNATURE: Final = b"\x04"
POST_QUANTUM: Final = b"\x06"
_LABEL: Final = b"subtree/v1\n\0"
HEADER: Final = "cosignature/v1"
_PUBLIC_BYTES: Final = {COSIGNATURE: PUBLIC_BYTES, POST_QUANTUM: post_quantum.PUBLIC_BYTES}
_SEED_BYTES: Final = {COSIGNATURE: SEED_BYTES, POST_QUANTUM: post_quantum.SEED_BYTES}
_SIGNATURE_BYTES: Final = {
    COSIGNATURE: SIGNATURE_BYTES, POST_QUANTUM: post_quantum.SIGNATURE_BYTES,
}  # fmt: skip
_MAX_NAME: Final = 255
_TIME_BYTES: Final = 8
_MAX_TIME: Final = 2**63 - 1
_SIGNER_PREFIX: Final = "PRIVATE+KEY+"
_DASH: Final = "\u2014 "


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """The public key of a witness.

    Attributes:
        name: of the witness.
        id: the 4-byte key id of its cosignatures.
        public: the key itself.
        kind: `COSIGNATURE` for Ed25519, or `POST_QUANTUM` for ML-DSA-44.
    """

    name: str
    id: bytes
    public: bytes
    kind: bytes = COSIGNATURE

    @property
    def text(self) -> str:
        """`name+hex(id)+base64(kind ‖ public)`."""
        return f"{self.name}+{self.id.hex()}+{to_base64(self.kind + self.public)}"

    def cosigned(self, note: Note) -> bool:
        """Whether a checkpoint has a cosignature by this witness.

        Raises:
            VerificationError: a line claims to be one and does not verify.
        """
        lines = [line for line in note.signatures if (line.name, line.id) == (self.name, self.id)]
        for line in lines:
            if len(line.signature) != _TIME_BYTES + _SIGNATURE_BYTES[self.kind]:
                raise VerificationError(f"the cosignature of `{self.name}` is malformed")
            time = int.from_bytes(line.signature[:_TIME_BYTES])
            if time > _MAX_TIME:
                raise VerificationError(f"the cosignature of `{self.name}` has no time")
            signature = line.signature[_TIME_BYTES:]
            if self.kind == POST_QUANTUM:
                signed = _tree_message(note.text, self.name, time)
                verify_post_quantum(self.public, signature, signed)
            else:
                verify_signature(self.public, signature, _message(note.text, time))
        return bool(lines)


def witness_key(name: str, public: bytes, kind: bytes = COSIGNATURE) -> WitnessKey:
    """The witness key of a public key under a name.

    Raises:
        ValueError: the name is empty, too long, or holds a blank or `+`.
    """
    verifier_key(name, public)
    if len(name.encode()) > _MAX_NAME:
        raise ValueError("the name of a witness is too long")
    digest = hashlib.sha256(name.encode() + b"\n" + kind + public).digest()
    return WitnessKey(name, digest[:ID_BYTES], public, kind)


def parse_witness_key(text: str) -> WitnessKey:
    """Read a witness key.

    Raises:
        ValueError: it is malformed, of another algorithm, or its id does not fit.
    """
    name, digits, kind, data = _split(text, _PUBLIC_BYTES)
    key = witness_key(name, data, kind)
    if key.id.hex() != digits:
        raise ValueError("the witness key's id does not fit its name and bytes")
    return key


def witness_signer_text(name: str, key: Signer) -> str:
    """The private form of a witness's key, as other implementations keep it."""
    kind = kind_of(key)
    digits = witness_key(name, key.public, kind).id.hex()
    return f"{_SIGNER_PREFIX}{name}+{digits}+{to_base64(kind + key.unsafe_seed)}"


def parse_witness_signer(text: str) -> tuple[str, Signer]:
    """Read the private form: the name and the key.

    Raises:
        ValueError: it is malformed, of another algorithm, or its id does not fit.
    """
    if not text.startswith(_SIGNER_PREFIX):
        raise ValueError("it is no private key of a witness")
    name, digits, kind, seed = _split(text.removeprefix(_SIGNER_PREFIX), _SEED_BYTES)
    key: Signer = PostQuantumKey(seed) if kind == POST_QUANTUM else SigningKey(seed)
    if witness_key(name, key.public, kind).id.hex() != digits:
        raise ValueError("the witness key's id does not fit its name and bytes")
    return name, key


def kind_of(key: Signer) -> bytes:
    """The type of cosignatures that a key makes."""
    return POST_QUANTUM if isinstance(key, PostQuantumKey) else COSIGNATURE


def cosign(note_text: str, name: str, key: Signer, time: int) -> str:
    """The signature line of a cosignature, with its newline.

    Args:
        note_text: the text of the checkpoint, with its final newline.
        name: of the witness.
        key: of the witness.
        time: seconds since 1970-01-01 UTC.
    """
    kind = kind_of(key)
    quantum = kind == POST_QUANTUM
    message = _tree_message(note_text, name, time) if quantum else _message(note_text, time)
    data = witness_key(name, key.public, kind).id + time.to_bytes(_TIME_BYTES) + key.sign(message)
    return f"{_DASH}{name} {to_base64(data)}\n"


def _message(note_text: str, time: int) -> bytes:
    return f"{HEADER}\ntime {time}\n{note_text}".encode()


def _tree_message(note_text: str, name: str, time: int) -> bytes:
    """What an ML-DSA-44 cosignature signs: the tree, and who says so."""
    origin, size, root = note_text.split("\n")[:3]
    return b"".join(
        (
            _LABEL,
            _opaque(name),
            time.to_bytes(8),
            _opaque(origin),
            (0).to_bytes(8),
            int(size).to_bytes(8),
            from_base64(root, length=HASH_BYTES),
        )
    )


def _opaque(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(1) + data


def _split(text: str, lengths: Mapping[bytes, int]) -> tuple[str, str, bytes, bytes]:
    parts = text.split("+", 2)
    if len(parts) != 3 or not is_hex(parts[1], 2 * ID_BYTES):  # noqa: PLR2004  # name, id, key
        raise ValueError("a key has the form `name+id+base64`")
    data = from_base64(parts[2])
    kind = data[:1]
    if kind not in lengths or len(data) != 1 + lengths[kind]:
        raise ValueError("the key is not one for cosignatures by Ed25519 or ML-DSA-44")
    return parts[0], parts[1], kind, data[1:]
