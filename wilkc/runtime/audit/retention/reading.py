"""Reading one segment as a whole, verified by itself. Layer: runtime. Reads files.

What is before the segment is believed as its header says; `verify` compares that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wilkc.core.errors import VerificationError
from wilkc.core.plain_files import open_plain
from wilkc.runtime.audit.frames import read_frames
from wilkc.runtime.audit.tree import leaf_hash
from wilkc.runtime.audit.walk import Walk, walk_from

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wilkc.runtime.audit.segment import Seal


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment whose every line verifies.

    Attributes:
        path: of its file.
        first: number of its first event.
        walk: where it ends.
        header: its first line.
        seal_line: the line of its last event.
        checkpoint: its last line.
        leaves: hashes of its events, 32 bytes each.
        newest: the latest time of its records.
        blobs: names of the blobs that its records refer to.
    """

    path: Path
    first: int
    walk: Walk
    header: bytes
    seal_line: bytes
    checkpoint: bytes
    leaves: bytes
    newest: str
    blobs: frozenset[str]

    @property
    def seal(self) -> Seal | None:
        """Its seal, or None where it does not end with one and the seal's checkpoint."""
        return self.walk.seal if self.walk.sealed else None


def read_segment(path: Path, sees: Callable[[dict[str, Any]], None] | None = None) -> Segment:
    """Read and verify a segment.

    Args:
        path: of its file.
        sees: called with each of its records, in order.

    Raises:
        VerificationError: a line fails; the message says where.
        OSError: it cannot be read.
    """
    walk: Walk | None = None
    first, newest, leaves = 0, "", bytearray()
    blobs: set[str] = set()
    header = event_line = line = b""
    with open_plain(path) as file:
        for frame in read_frames(file):
            try:
                if not frame.ended:
                    raise VerificationError("the line does not end")  # noqa: TRY301  # with place
                if walk is None:
                    walk, header = walk_from(frame.line), frame.line
                    first = walk.seq
                parsed = walk.take(frame.line)
            except VerificationError as error:
                place = f"`{path.name}`, byte {frame.offset}"
                raise VerificationError(f"TAMPERED: {place}: {error.message}") from error
            line = frame.line
            if parsed is not None:
                event_line = frame.line
                blobs |= {one["blob"] for one in parsed.event["sealed"].values() if one["blob"]}
                leaves += leaf_hash(parsed.stored)
                if sees is not None:
                    sees(parsed.event)
                newest = max(newest, parsed.event["ts"])
    if walk is None:
        raise VerificationError(f"TAMPERED: `{path.name}` is empty")
    return Segment(
        path, first, walk, header, event_line, line, bytes(leaves), newest, frozenset(blobs)
    )
