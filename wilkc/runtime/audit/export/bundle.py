"""The proof of one record, to be verified with nothing but the root key. Layer: runtime.

The form is https://c2sp.org/tlog-proof. Its extra data, which the format leaves to the
application, hold what is needed besides: the record's exact text, and why the checkpoint's key
is the log's. Nothing of it is believed before it is verified.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.closed_json import to_json
from wilkc.core.encoding import from_base64, to_base64
from wilkc.core.errors import UsageError, VerificationError
from wilkc.core.subset import encode_subset, parse_subset
from wilkc.runtime.audit.keychain import chain_of, read_chain, require_chain, signer_of
from wilkc.runtime.audit.leaves import read_leaves
from wilkc.runtime.audit.note import Checkpoint, Note, parse_checkpoint
from wilkc.runtime.audit.proofs import inclusion_ranges, root_of_inclusion, roots_of
from wilkc.runtime.audit.record import check_event
from wilkc.runtime.audit.tree import HASH_BYTES, leaf_hash
from wilkc.runtime.keys import parse_verifier_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wilkc.runtime.keys import VerifierKey

FIRST_LINE: Final = "c2sp.org/tlog-proof@v1"
EXTRA: Final = "wilk.audit.proof/v1"
MAX_BUNDLE_BYTES: Final = 64 << 20
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Proven:
    """A record that a proof showed to be in a log.

    Attributes:
        record: its value.
        checkpoint: in whose tree it is.
        note: the checkpoint as signed, with cosignatures if it has any.
        key: of the segment that signed it.
    """

    record: dict[str, Any]
    checkpoint: Checkpoint
    note: Note
    key: VerifierKey


def make_bundle(directory: Path, seq: int, note_text: str, root_vkey: str) -> str:
    """The proof that a record is in the tree of a checkpoint, verified before it is given out.

    Args:
        directory: of the log.
        seq: number of the record.
        note_text: a checkpoint of the log, with cosignatures if there are any.
        root_vkey: verifier key of the root.

    Raises:
        UsageError: there is no such record, or it was pruned; the checkpoint is malformed, or
            signed by no segment key of the log.
        VerificationError: the log does not agree with the checkpoint.
    """
    checkpoint, note = _checkpoint(note_text)
    try:
        ranges = inclusion_ranges(seq, checkpoint.size)
    except ValueError as error:
        raise UsageError(f"{error}, which the checkpoint covers") from error
    wanted = _Wanted(seq)
    *path, _root = roots_of(wanted.hashes(directory), ranges, checkpoint.size)
    if wanted.stored is None:
        raise UsageError(f"event {seq} was pruned, so that only its leaf is left")
    chain = read_chain(directory, signer_of(directory, note))
    extra = {
        "chain": to_json(chain), "event": wanted.stored.decode("utf-8"), "v": EXTRA
    }  # fmt: skip
    lines = [FIRST_LINE, f"extra {to_base64(encode_subset(extra))}", f"index {seq}"]
    text = "\n".join([*lines, *map(to_base64, path), "", note_text])
    verify_bundle(text, root_vkey)
    return text


def verify_bundle(text: str, root_vkey: str) -> Proven:
    """Verify a proof, offline.

    Raises:
        UsageError: the root key is malformed.
        VerificationError: the proof is malformed or does not hold.
    """
    try:
        root = parse_verifier_key(root_vkey)
    except ValueError as error:
        raise UsageError(f"the root verifier key cannot be read: {error}") from error
    try:
        return _verify(text, root)
    except ValueError as error:
        raise VerificationError(f"the proof is malformed: {error}") from error


def _verify(text: str, root: VerifierKey) -> Proven:
    if len(text) > MAX_BUNDLE_BYTES:
        raise ValueError("it is too long")
    head, blank, note_text = text.partition("\n\n")
    lines = head.split("\n")
    if not blank or len(lines) < 3 or lines[0] != FIRST_LINE:  # noqa: PLR2004  # its least lines
        raise ValueError("it is no proof of this version")
    extra = parse_subset(from_base64(lines[1].removeprefix("extra ")), max_depth=20)
    if not isinstance(extra, dict) or set(extra) != {"chain", "event", "v"} or extra["v"] != EXTRA:
        raise ValueError("its extra data are not of a log of this format")
    index = lines[2].removeprefix("index ")
    if not lines[2].startswith("index ") or not _INDEX.fullmatch(index):
        raise ValueError("it has no index")
    if not lines[1].startswith("extra ") or not isinstance(extra["event"], str):
        raise ValueError("it holds no record")
    seq, stored = int(index), extra["event"].encode()
    path = [from_base64(line, length=HASH_BYTES) for line in lines[3:]]
    # 1. the key: from the root's certificate to the one that signed the checkpoint.
    key = require_chain(chain_of(extra["chain"]), root)
    # 2. the checkpoint: signed by that key, over the tree that the record's leaf leads to.
    checkpoint, note = parse_checkpoint(note_text)
    note.require(key)
    if checkpoint.origin != key.name:
        raise ValueError("the checkpoint belongs to another log")
    if root_of_inclusion(seq, checkpoint.size, leaf_hash(stored), path) != checkpoint.root:
        raise VerificationError(f"the record is not event {seq} of the checkpoint's tree")
    # 3. the record: of this log, at this place.
    record = parse_subset(stored)
    check_event(record)
    if (record["seq"], record["log"]) != (seq, checkpoint.origin):
        raise ValueError("the record is of another place")
    return Proven(record, checkpoint, note, key)


class _Wanted:
    """Leaves as they pass, keeping one event's bytes."""

    def __init__(self, seq: int) -> None:
        self._seq = seq
        self.stored: bytes | None = None

    def hashes(self, directory: Path) -> Iterator[bytes]:
        for place, leaf in enumerate(read_leaves(directory)):
            if place == self._seq:
                self.stored = leaf.stored
            yield leaf.hash


def _checkpoint(text: str) -> tuple[Checkpoint, Note]:
    try:
        return parse_checkpoint(text)
    except ValueError as error:
        raise UsageError(f"it is no checkpoint: {error}") from error
