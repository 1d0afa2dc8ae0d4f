"""The proof that a log only grew, for a witness that does not have the log. Layer: runtime.

It holds a newer checkpoint, the consistency proof (RFC 6962 section 2.1.2) from an older size,
and why the newer checkpoint's key is the log's. From size 0 there is nothing to prove.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.core.closed_json import from_json, to_json
from wilkc.core.encoding import from_base64, to_base64
from wilkc.core.errors import UsageError, VerificationError
from wilkc.core.subset import encode_subset, parse_subset
from wilkc.runtime.audit.keychain import KeyChain, read_chain, require_chain, signer_of
from wilkc.runtime.audit.leaves import read_leaves
from wilkc.runtime.audit.note import Checkpoint, Note, parse_checkpoint
from wilkc.runtime.audit.proofs import consistency_ranges, require_consistency, roots_of
from wilkc.runtime.audit.tree import HASH_BYTES

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.runtime.keys import VerifierKey

FORMAT: Final = "wilk.audit.growth/v1"
_MAX_DEPTH: Final = 20


@dataclass(frozen=True, slots=True)
class _Growth:
    chain: KeyChain
    new: str
    old: int
    path: tuple[str, ...]
    v: str


def make_growth(directory: Path, old: Checkpoint | None, new_text: str) -> bytes:
    """The proof that a log grew from one checkpoint to another.

    Args:
        directory: of the log.
        old: what the witness saw before, or None for nothing.
        new_text: the newer checkpoint as signed.

    Raises:
        UsageError: the new one is malformed, smaller, or not signed by the log.
        VerificationError: the log does not agree with one of them.
    """
    try:
        new, note = parse_checkpoint(new_text)
        size = old.size if old else 0
        ranges = consistency_ranges(size, new.size) if size else ()
    except ValueError as error:
        raise UsageError(f"there is no such proof: {error}") from error
    leaves = (leaf.hash for leaf in read_leaves(directory))
    *path, root = roots_of(leaves, ranges, new.size)
    if root != new.root:
        raise VerificationError("TAMPERED: the log has another root than the new checkpoint")
    if old is not None and size:
        require_consistency(size, new.size, old.root, new.root, path)
    chain = read_chain(directory, signer_of(directory, note))
    growth = _Growth(chain, new_text, size, tuple(map(to_base64, path)), FORMAT)
    return encode_subset(to_json(growth), max_depth=_MAX_DEPTH) + b"\n"


def verify_growth(
    data: bytes, old: Checkpoint | None, root: VerifierKey
) -> tuple[Checkpoint, Note, str]:
    """The newer checkpoint, once the proof shows that it follows from the older one.

    Args:
        data: the proof.
        old: the checkpoint seen before, or None for nothing.
        root: the root key of the log.

    Returns:
        The newer checkpoint, its note, and the note's text.

    Raises:
        VerificationError: the proof is malformed or does not hold, or the log went back.
    """
    try:
        value = parse_subset(data.removesuffix(b"\n"), max_depth=_MAX_DEPTH)
        growth = from_json(_Growth, value, "proof")
        if growth.v != FORMAT:
            raise ValueError("it is of another format")  # noqa: TRY301  # told like the others
        new, note = parse_checkpoint(growth.new)
        path = [from_base64(one, length=HASH_BYTES) for one in growth.path]
    except ValueError as error:
        raise VerificationError(f"the proof cannot be read: {error}") from error
    key = require_chain(growth.chain, root)
    note.require(key)
    if new.origin != key.name:
        raise VerificationError("the checkpoint belongs to another log than its key")
    if old is not None:
        if new.origin != old.origin:
            raise VerificationError(f"the checkpoint is of another log, `{new.origin}`")
        if new.size < old.size:
            raise VerificationError(
                f"TRUNCATED: the checkpoint covers {new.size} events, {old.size} were seen before"
            )
        if growth.old != old.size:
            raise VerificationError(
                f"the proof is from {growth.old} events on, {old.size} were seen before"
            )
        if old.size:
            require_consistency(old.size, new.size, old.root, new.root, path)
    return new, note, growth.new
