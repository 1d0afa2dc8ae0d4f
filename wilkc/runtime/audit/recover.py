"""Taking up a log after a crash or a write error. Layer: runtime.

The steps are numbered as the design's: what a crash can leave is cut off and kept in
`quarantine`; a whole line that fails is tampering, never adopted and never cut.

    1. the caller holds the lock; the page cache is dropped, so that the disk is read
    2. the log is compared with the held checkpoint
    3. the last segment is walked; a torn tail goes to quarantine
    4. a whole line that fails ends everything; in mode `checkpoint` records that no checkpoint
       speaks for go to quarantine as a torn tail does: their write was cut short, or they are
       anybody's, as nothing signs them
    5. and 6. are the writer's: it records the recovery and closes orphaned intents
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wilkc.core.canonical import sha256_hex
from wilkc.core.errors import VerificationError
from wilkc.core.plain_files import open_plain
from wilkc.runtime.audit.files import QUARANTINE, list_segments
from wilkc.runtime.audit.frames import is_torn, read_frames
from wilkc.runtime.audit.held import compare_walk, read_held
from wilkc.runtime.audit.line import EventLine, parse_line
from wilkc.runtime.audit.pen import Place
from wilkc.runtime.audit.state import Open, Pending, pending_of, stored_pending
from wilkc.runtime.audit.walk import Walk, expects_outcome, walk_from
from wilkc.runtime.disk import TEMPORARY

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.runtime.audit.frames import Frame
    from wilkc.runtime.audit.segment import Seal
    from wilkc.runtime.disk import Disk
    from wilkc.runtime.keys import KeyStore


@dataclass(frozen=True, slots=True)
class Recovered:
    """A log that can be appended to again.

    Attributes:
        segment: its last segment.
        seal: the segment's seal, if a crash interrupted the change to the next.
        lost_bytes: bytes of the torn tail.
        sha256: their digest, or None if there were none.
    """

    segment: Open
    seal: Seal | None
    lost_bytes: int
    sha256: str | None


def recover(directory: Path, keys: KeyStore, disk: Disk) -> Recovered:
    """Bring a log's last segment into a state that can be appended to.

    Raises:
        VerificationError: the log was tampered with or cut, or its key is not here.
        OSError: the disk refuses.
    """
    end = _read_end(directory, keys.directory, disk)
    _require_key(end.walk, keys)
    compare_walk(read_held(keys.directory, end.walk.origin), end.walk)  # 2.
    return _recovered(directory, end, disk)


def end_of_log(directory: Path, keys: Path, disk: Disk) -> Recovered:
    """Where a log ends, whatever this host signed and whichever keys there are.

    Raises:
        VerificationError: the last segment was tampered with.
        OSError: the disk refuses.
    """
    return _recovered(directory, _read_end(directory, keys, disk), disk)


@dataclass(frozen=True, slots=True)
class _End:
    """The last segment as walked, and the offset behind its last good line."""

    segments: list[tuple[int, Path]]
    walk: Walk
    offset: int


def _read_end(directory: Path, keys: Path, disk: Disk) -> _End:
    _remove_temporary(directory, disk)
    segments = list_segments(directory)
    if not segments:
        raise VerificationError("INCOMPLETE: the log has no segments")
    path = segments[-1][1]
    _drop_cache(path)  # 1.
    return _End(segments, *_walk(path, keys))  # 3., read-only so far


def _recovered(directory: Path, end: _End, disk: Disk) -> Recovered:
    (first, path), walk, offset = end.segments[-1], end.walk, end.offset
    lost = _cut(directory, path, offset, disk)  # 3.
    if walk.header is None or walk.seq == first:
        raise VerificationError(f"TAMPERED: `{path.name}` has no header")
    segment = Open(
        path=path,
        first=first,
        opened=walk.tally.first or "",
        header=walk.header,
        place=Place(walk.seq, walk.prev, walk.tree, walk.covered, offset),
        note="",
        pending=_pending(directory, walk, end.segments),
    )
    return Recovered(segment, walk.seal, len(lost), sha256_hex(lost) if lost else None)


def _walk(path: Path, keys: Path) -> tuple[Walk, int]:
    """Walk a segment; the walk and the offset behind its last good line."""
    walk: Walk | None = None
    covered = 0
    with open_plain(path) as file:
        for frame in read_frames(file):
            try:
                if walk is None:
                    walk = _begin(frame.line, keys)
                _take(walk, frame)
                if walk.after_checkpoint:
                    covered = file.tell()
            except VerificationError as error:
                if is_torn(path, frame.offset) and walk is not None and walk.header is not None:
                    return _signed(path, keys, walk, frame.offset, covered)
                place = f"`{path.name}`, byte {frame.offset}"
                raise VerificationError(f"TAMPERED: {place}: {error.message}") from error  # 4.
        if walk is None:
            raise VerificationError(f"TAMPERED: `{path.name}` is empty")
        return _signed(path, keys, walk, file.tell(), covered)


def _signed(path: Path, keys: Path, walk: Walk, offset: int, covered: int) -> tuple[Walk, int]:
    """The walk up to where something signed speaks for it, and the offset behind that."""
    if walk.header is None or walk.header.mode == "event" or walk.after_checkpoint:
        return walk, offset
    if not covered:
        # A segment is made with a checkpoint: this one was made by somebody else.
        raise VerificationError(f"TAMPERED: no checkpoint speaks for `{path.name}`")
    again: Walk | None = None
    with open_plain(path) as file:
        for frame in read_frames(file):
            if frame.offset >= covered:
                break
            again = again or _begin(frame.line, keys)
            _take(again, frame)
    return again or walk, covered


def _take(walk: Walk, frame: Frame) -> None:
    if not frame.ended:
        raise VerificationError("the line does not end")
    walk.take(frame.line)


def _begin(line: bytes, keys: Path) -> Walk:
    walk = walk_from(line)
    held = read_held(keys, walk.origin)
    if held is not None:
        walk.wanted = frozenset({held.size})
        if held.size == walk.seq:
            walk.roots[held.size] = walk.tree.root()
    return walk


def _require_key(walk: Walk, keys: KeyStore) -> None:
    header, key = walk.header, walk.key
    if header is None or key is None:
        raise VerificationError("TAMPERED: the last segment has no header")
    keys.require_version(max(header.ring, walk.tally.ring))
    ours = [keys.ring.find("segment", "active"), keys.ring.find("segment", "pending")]
    if not any(entry is not None and entry.public == header.key for entry in ours):
        raise VerificationError(
            f"audit_key_missing: the key ring lacks `{key.id.hex()}`, the open segment's key"
        )


def _cut(directory: Path, path: Path, offset: int, disk: Disk) -> bytes:
    with open_plain(path) as file:
        file.seek(offset)
        lost = file.read()
    if not lost:
        return lost
    disk.make_directory(directory / QUARANTINE)
    disk.put_file(directory / QUARANTINE / f"{offset}-{sha256_hex(lost)}", lost)
    fd = disk.open(path, os.O_WRONLY)
    try:
        disk.truncate(fd, offset)
        disk.sync(fd)
    finally:
        disk.close(fd)
    return lost


def _pending(directory: Path, walk: Walk, segments: list[tuple[int, Path]]) -> tuple[Pending, ...]:
    """Intents without outcome: of the last segment as walked, of earlier ones as found.

    The state spares reading what is before the segment that it was written in.
    """
    first = segments[-1][0]
    stored = stored_pending(directory)
    known, since = stored or ((), 0)
    earlier = {one.id: one for one in known if one.seq < first}
    _scan([path for start, path in segments[:-1] if start >= since], earlier)
    for closed in walk.closed:
        earlier.pop(closed, None)
    return (*earlier.values(), *(pending_of(event) for event in walk.intents.values()))


def _scan(paths: list[Path], found: dict[str, Pending]) -> None:
    for path in paths:
        with open_plain(path) as file:
            for frame in read_frames(file):
                # Not verified: this only finds what is worth closing.
                with suppress(ValueError, KeyError, TypeError):
                    parsed = parse_line(frame.line)
                    if isinstance(parsed, EventLine):
                        _note(found, parsed.event)


def _note(found: dict[str, Pending], event: dict[str, Any]) -> None:
    if event["phase"] == "intent" and expects_outcome(event):
        one = pending_of(event)
        found[one.id] = one
    elif event["phase"] == "outcome":
        found.pop(str(event["ref"]), None)


def _drop_cache(path: Path) -> None:
    with open_plain(path) as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _remove_temporary(directory: Path, disk: Disk) -> None:
    for path in directory.iterdir():
        if path.name.startswith(TEMPORARY):
            disk.unlink(path)
