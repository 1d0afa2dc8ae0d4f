"""Whether what a receiver has is the log: judged from its bytes alone. Layer: runtime. Pure.

    1. the first segment is certified by the root key, each later one goes on where the one
       before ended: number, hash of the last line, root of the tree, key named by the seal
    2. every line: form, chain, signature, checkpoints, seal                       (walk)
    3. the file ends with a whole line, under a checkpoint
    4. blobs that records name are there, and are what their names say

What the caller still owes: that the root key is the right one, and that the bytes were read
from the receiver.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

from wilkc.core.errors import VerificationError
from wilkc.runtime.audit.frames import read_frames
from wilkc.runtime.audit.walk import walk_from

if TYPE_CHECKING:
    from wilkc.runtime.audit.walk import Walk
    from wilkc.runtime.keys import VerifierKey

_CHUNK: Final = 1 << 20
_CERTIFIED: Final = frozenset({"genesis", "reanchor"})


@dataclass(frozen=True, slots=True)
class Shipped:
    """A segment that a receiver has.

    Attributes:
        first: number of its first event.
        size: events of the log up to its end.
        root: hexadecimal root of the tree over them.
        last: hash of its last line.
        next: verifier key that the segment after it must have.
        sha256: of the file.
        length: of the file, in bytes.
        blob_length: of the largest of its blobs as they were put, in bytes.
        blobs: names of the blobs that its records refer to, sorted.
    """

    first: int
    size: int
    root: str
    last: str
    next: str
    sha256: str
    length: int
    blob_length: int
    blobs: tuple[str, ...]


def check_segment(file: BinaryIO, before: Shipped | None, root: VerifierKey) -> Shipped:
    """Verify a closed segment that follows another.

    Args:
        file: its bytes.
        before: the segment before it; None for the first that is shipped.
        root: verifies certificates.

    Raises:
        VerificationError: it is not what must follow; the message says why.
    """
    digest = _Hashing(file)
    walk: Walk | None = None
    first = 0
    blobs: set[str] = set()
    for frame in read_frames(digest):  # type: ignore[arg-type]  # reads lines and tells where it is
        if not frame.ended:
            raise VerificationError("the segment does not end with a whole line")
        if walk is None:
            walk = walk_from(frame.line)
            walk.root = root
            first = walk.seq
            _check_border(walk, before)
        taken = walk.take(frame.line)
        if taken is not None:
            sealed = taken.event["sealed"].values()
            blobs.update(one["blob"] for one in sealed if one["blob"] is not None)
        if walk.findings:
            raise VerificationError(walk.findings[0].reason)
    if walk is None or walk.key is None or walk.header is None:
        raise VerificationError("the segment is empty")
    _check_key(walk, before)
    # One that ended by a write error has no seal; its key goes on in the segment after it.
    key = walk.seal.next or "" if walk.seal is not None else walk.header.key
    if walk.seal is not None and not walk.sealed:
        raise VerificationError("the seal of the segment has no checkpoint")
    return Shipped(
        first=first,
        size=walk.seq,
        root=walk.tree.root().hex(),
        last=walk.prev,
        next=key,
        sha256=digest.hexdigest(),
        length=digest.tell(),
        blob_length=0,
        blobs=tuple(sorted(blobs)),
    )


def check_blob(file: BinaryIO, name: str) -> None:
    """Verify that a blob is what its name says.

    Raises:
        VerificationError: it is not.
    """
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    if digest.hexdigest() != name:
        raise VerificationError(f"blob `{name}` holds other bytes than its name says")


def _check_border(walk: Walk, before: Shipped | None) -> None:
    if before is None:
        return
    if walk.seq != before.size:
        raise VerificationError(f"event {walk.seq} stands where {before.size} belongs")
    if walk.prev != before.last or walk.tree.root().hex() != before.root:
        raise VerificationError("the segment does not follow from the one that was shipped before")


def _check_key(walk: Walk, before: Shipped | None) -> None:
    """The header's kind was judged by the walk; here, that its key is one to be believed."""
    header = walk.header
    if header is None or header.kind in _CERTIFIED:
        return
    if before is None:
        raise VerificationError(
            "the first segment is not certified by the root key",
            help_text="ship a log from its beginning on, before anything of it is pruned",
        )
    if header.key != before.next:
        raise VerificationError("the segment has another key than the one before names")


class _Hashing:
    """A file whose bytes are hashed as they are read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._at = 0

    def tell(self) -> int:
        """Bytes read so far."""
        return self._at

    def readline(self, limit: int) -> bytes:
        """One line, or so many bytes."""
        data = self._file.readline(limit)
        self._digest.update(data)
        self._at += len(data)
        return data

    def hexdigest(self) -> str:
        """SHA-256 of what was read."""
        return self._digest.hexdigest()
