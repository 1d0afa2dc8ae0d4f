"""Signed notes and checkpoints. Layer: runtime. Pure.

Sources: https://c2sp.org/signed-note and https://c2sp.org/tlog-checkpoint. A checkpoint says
how many records a log has and what the root of their tree is; it is the one thing to keep
elsewhere, since with it nobody can cut or rewrite what it covers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.core.encoding import from_base64, to_base64
from wilkc.core.errors import VerificationError
from wilkc.runtime.audit.tree import HASH_BYTES
from wilkc.runtime.keys import VerifierKey, verifier_key, verify_signature
from wilkc.runtime.keys.verifier import ID_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.runtime.keys import SigningKey

MAX_NOTE_BYTES: Final = 65_535
MAX_SIGNATURES: Final = 100
RESERVED_ORIGIN: Final = "wilk.audit.event/v1"
_ORIGIN: Final = re.compile(r"[a-z0-9.-]+(/[a-z0-9._-]+)+", re.ASCII)
_MAX_ORIGIN: Final = 128
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
_DASH: Final = "\u2014 "


def is_origin(text: object) -> bool:
    """Whether a text can name a log."""
    return (
        isinstance(text, str)
        and len(text) <= _MAX_ORIGIN
        and text != RESERVED_ORIGIN
        and bool(_ORIGIN.fullmatch(text))
    )


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: name and 4-byte id of the key, and the signature's bytes."""

    name: str
    id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A signed note: its text with the final newline, and its signature lines in order."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def require(self, key: VerifierKey) -> None:
        """Require a signature by this key, and that it verifies.

        Raises:
            VerificationError: there is none, or it does not verify.
        """
        lines = [line for line in self.signatures if (line.name, line.id) == (key.name, key.id)]
        if not lines:
            raise VerificationError(f"the note is not signed by `{key.name}+{key.id.hex()}`")
        for line in lines:
            verify_signature(key.public, line.signature, self.text.encode())


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log was at some time: its origin, number of records and 32-byte root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The text of its note, with three newlines."""
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"


def sign_note(text: str, name: str, key: SigningKey) -> str:
    """A note with one signature line."""
    signed = verifier_key(name, key.public).id + key.sign(text.encode())
    return f"{text}\n{_DASH}{name} {to_base64(signed)}\n"


def parse_note(data: str) -> Note:
    """Read a signed note without verifying anything.

    Raises:
        ValueError: it is malformed.
    """
    if len(data) > MAX_NOTE_BYTES or _CONTROL.search(data):
        raise ValueError("the note is too long or holds control characters")
    text, blank, tail = data.rpartition("\n\n")
    if not blank or not tail.endswith("\n"):
        raise ValueError("the note has no signature lines")
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise ValueError(f"the note has more than {MAX_SIGNATURES} signature lines")
    return Note(text + "\n", tuple(_parse_signature(line) for line in lines))


def parse_checkpoint(data: str) -> tuple[Checkpoint, Note]:
    """Read a signed checkpoint without an extension line, without verifying anything.

    Raises:
        ValueError: it is malformed.
    """
    note = parse_note(data)
    lines = note.text.split("\n")
    if len(lines) != 4 or lines[3]:  # noqa: PLR2004  # origin, size, root, and the end
        raise ValueError("a checkpoint has exactly three lines")
    origin, size, root = lines[:3]
    if not is_origin(origin) or not _SIZE.fullmatch(size):
        raise ValueError("the checkpoint's origin or size is malformed")
    return Checkpoint(origin, int(size), from_base64(root, length=HASH_BYTES)), note


def require_one(note: Note, keys: Iterable[VerifierKey]) -> VerifierKey:
    """Require that at least one of these keys signed, and that all of their lines verify.

    Returns:
        The first of the keys that signed.

    Raises:
        VerificationError: none did, or a line does not verify.
    """
    signed = {(line.name, line.id) for line in note.signatures}
    known = [key for key in keys if (key.name, key.id) in signed]
    if not known:
        raise VerificationError("the note is signed by none of the known keys")
    for key in known:
        note.require(key)
    return known[0]


def _parse_signature(line: str) -> NoteSignature:
    name, blank, encoded = line.removeprefix(_DASH).partition(" ")
    # A name holds no Unicode blanks (https://c2sp.org/signed-note), so that it reads as one word.
    odd = not name or "+" in name or any(char.isspace() for char in name)
    if not line.startswith(_DASH) or not blank or odd:
        raise ValueError("a signature line of the note is malformed")
    data = from_base64(encoded)
    if len(data) <= ID_BYTES:
        raise ValueError("a signature line of the note is too short")
    return NoteSignature(name, data[:ID_BYTES], data[ID_BYTES:])
