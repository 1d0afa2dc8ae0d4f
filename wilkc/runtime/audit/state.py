"""Where a log ended when its writer last let go of it. Layer: runtime.

The state spares a short-lived process the walk over the last segment. It is never trusted:
a log is taken up from it only if the file ends where it says, with a checkpoint by the
segment's own key over exactly this tree; else the log is recovered.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.closed_json import from_json
from wilkc.core.encoding import from_base64
from wilkc.core.errors import VerificationError
from wilkc.core.subset import encode_subset, parse_subset
from wilkc.runtime.audit.clock import Owner, start_of
from wilkc.runtime.audit.files import STATE, list_segments
from wilkc.runtime.audit.frames import read_frames
from wilkc.runtime.audit.line import MAX_LINE_BYTES, CheckpointLine, line_hash, parse_line
from wilkc.runtime.audit.note import parse_checkpoint, require_one
from wilkc.runtime.audit.pen import Place
from wilkc.runtime.audit.segment import stored_frontier
from wilkc.runtime.audit.tree import HASH_BYTES, frontier_of
from wilkc.runtime.audit.walk import walk_from
from wilkc.runtime.disk import place_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wilkc.runtime.audit.record import Draft
    from wilkc.runtime.audit.segment import Header
    from wilkc.runtime.audit.walk import Walk
    from wilkc.runtime.keys import VerifierKey

FORMAT: Final = "wilk.state/v1"
_OWNER: Final = {"pid", "start"}


@dataclass(frozen=True, slots=True)
class Pending:
    """An allowed intent without an outcome: its id and number, and whose it is."""

    id: str
    seq: int
    boot: str
    pid: int
    start: int

    def is_gone(self, boot: str) -> bool:
        """Whether the process that was to report the outcome no longer runs."""
        return self.boot != boot or start_of(self.pid) != self.start


@dataclass(frozen=True, slots=True)
class Open:
    """A segment that can be appended to.

    Attributes:
        path: of its file.
        first: number of its first event.
        opened: time of its header.
        header: what its header says.
        place: where its next line goes.
        note: its last checkpoint, or empty where it has to be found.
        pending: intents without an outcome.
    """

    path: Path
    first: int
    opened: str
    header: Header
    place: Place
    note: str
    pending: tuple[Pending, ...]


@dataclass(frozen=True, slots=True)
class _Stored:
    first: int
    frontier: tuple[str, ...]
    offset: int
    pending: tuple[Pending, ...]
    size: int
    v: str


def state_text(open_segment: Open) -> bytes:
    """The content of the state file."""
    place = open_segment.place
    return encode_subset(
        {
            "first": open_segment.first,
            "frontier": list(stored_frontier(place.tree)),
            "offset": place.offset,
            "pending": [_pending_json(one) for one in open_segment.pending],
            "size": place.seq,
            "v": FORMAT,
        }
    )


def stored_pending(directory: Path) -> tuple[tuple[Pending, ...], int] | None:
    """Intents without outcome by the state, and the first event of the segment it is of.

    Returns:
        None if it cannot be read.
    """
    stored = _read(directory)
    return (stored.pending, stored.first) if stored else None


def resume(directory: Path, key: VerifierKey) -> Open | None:
    """The open segment as the state describes it, or None if that does not hold.

    Args:
        directory: of the log.
        key: the active segment key.
    """
    stored = _read(directory)
    segments = list_segments(directory)
    if stored is None or not segments or segments[-1][0] != stored.first:
        return None
    path = segments[-1][1]
    try:
        return _checked(path, stored, key)
    except (ValueError, VerificationError):
        return None


def pending_of(event: dict[str, Any]) -> Pending:
    """What is remembered of a stored intent."""
    owner = _owner(event["action"]["details"])
    return Pending(event["id"], event["seq"], event["boot"], owner.pid, owner.start)


def pending_of_draft(draft: Draft, seq: int, boot: str) -> Pending:
    """What is remembered of an intent that was just stored."""
    owner = _owner(draft.details)
    return Pending(draft.id, seq, boot, owner.pid, owner.start)


def _owner(details: Mapping[str, Any]) -> Owner:
    """Whose an intent is; one that names no owner is nobody's."""
    owner = details.get("owner")
    if not isinstance(owner, dict) or owner.keys() != _OWNER:
        return Owner(0, 0)
    pid, start = owner["pid"], owner["start"]
    whole = type(pid) is int and type(start) is int
    return Owner(pid, start) if whole else Owner(0, 0)


def _checked(path: Path, stored: _Stored, key: VerifierKey) -> Open | None:
    walk = _walk_header(path)
    if walk is None or walk.key != key or walk.header is None:
        return None
    tree = frontier_of(
        stored.size, [from_base64(root, length=HASH_BYTES) for root in stored.frontier]
    )
    line = _last_line(path, stored.offset)
    parsed = parse_line(line) if line else None
    if line is None or not isinstance(parsed, CheckpointLine):
        return None
    checkpoint, note = parse_checkpoint(parsed.note)
    require_one(note, [key])
    if (checkpoint.size, checkpoint.root) != (stored.size, tree.root()):
        return None
    return Open(
        path=path,
        first=stored.first,
        opened=walk.tally.first or "",
        header=walk.header,
        place=Place(stored.size, line_hash(line), tree, stored.size, stored.offset),
        note=parsed.note,
        pending=stored.pending,
    )


def _walk_header(path: Path) -> Walk | None:
    with path.open("rb") as file:
        frame = next(read_frames(file), None)
    if frame is None or not frame.ended:
        return None
    walk = walk_from(frame.line)
    walk.take(frame.line)
    return walk


def _last_line(path: Path, size: int) -> bytes | None:
    """The last line without its LF, if the file has exactly this size and ends with one."""
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) != size:
            return None
        start = max(0, size - MAX_LINE_BYTES - 2)
        file.seek(start)
        data = file.read()
    if not data.endswith(b"\n"):
        return None
    return data[:-1].rpartition(b"\n")[2]


def _read(directory: Path) -> _Stored | None:
    try:
        stored = from_json(_Stored, parse_subset(place_of(directory, STATE).read_bytes()), "state")
    except (OSError, ValueError):
        return None
    return stored if stored.v == FORMAT else None


def _pending_json(one: Pending) -> dict[str, Any]:
    return {"id": one.id, "seq": one.seq, "boot": one.boot, "pid": one.pid, "start": one.start}
