"""Reading a log onwards from a kept place. Layer: runtime. Reads files; writes cursors.

Whoever acts on records as they come (alerts, rules, sinks, `tail`) keeps a cursor and asks
again. Nothing is locked and the writer is never delayed. What is given out is whole, canonical,
chained to the line before it, and on stable storage; it is not verified: signatures,
certificates and checkpoints are `verify`'s.

A log that is smaller than a cursor, or holds something else before it, is refused and not
read from its beginning again: that would be what an intruder who cuts it wants.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple

from wilkc.core.closed_json import from_json, to_json
from wilkc.core.encoding import is_hex
from wilkc.core.errors import UsageError, VerificationError
from wilkc.core.plain_files import open_plain
from wilkc.core.subset import encode_subset, parse_subset
from wilkc.runtime.audit.files import list_segments
from wilkc.runtime.audit.frames import Frame, read_frames
from wilkc.runtime.audit.line import MAX_LINE_BYTES, NO_LINE, EventLine, line_hash, read_line
from wilkc.runtime.audit.verifying.stubs import after_stub, list_stubs
from wilkc.runtime.disk import Disk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FORMAT: Final = "wilk.audit.cursor/v1"


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place between two lines of a log.

    Attributes:
        seq: number of the next event.
        segment: first event of the file in which the place is.
        offset: byte offset of the next line in that file.
        last: hash of the line before, of either kind; 64 zeros before the first.
    """

    seq: int = 0
    segment: int = 0
    offset: int = 0
    last: str = NO_LINE


START: Final = Cursor()
"""Before everything that the log still has; records that were pruned are passed over."""


class Followed(NamedTuple):
    """A record and the place after it, to be kept once the record was dealt with.

    Attributes:
        record: its value.
        stored: its exact bytes.
        signature: of the record, or None in mode `checkpoint`.
        offset: of its line in the file that the cursor names.
        cursor: the place after it, and after the checkpoint that follows it.
    """

    record: dict[str, Any]
    stored: bytes
    signature: bytes | None
    offset: int
    cursor: Cursor


@dataclass(frozen=True, slots=True)
class _Stored:
    last: str
    offset: int
    segment: int
    seq: int
    v: str


def follow(
    directory: Path, cursor: Cursor = START, *, over_pruned: bool = False
) -> Iterator[Followed]:
    """The records after a cursor that are in the log now; ends where the log ends.

    To go on later, call it again with the last cursor. A line that a writer has not ended yet
    is left for then, as is the tail that a crash tore. Memory holds one record at a time.

    Args:
        directory: of the log.
        cursor: from where.
        over_pruned: whether to pass over what was pruned after the cursor, too: a hold keeps a
            segment though later ones go. Whoever must see every record says no.

    Raises:
        UsageError: there is no log, or it cannot be read.
        VerificationError: the log is smaller than the cursor or another one, records after
            the cursor were pruned, or a line does not follow from the one before.
    """
    try:
        # Listed before anything is read: a file that has a successor is complete.
        segments = list_segments(directory)
        if not segments:
            raise UsageError(f"there is no audit log at `{directory}`")
        stubs = list_stubs(directory) if over_pruned or cursor == START else {}
        yield from _follow(segments, cursor, stubs)
    except OSError as error:
        raise UsageError(f"cannot read the audit log `{directory}`: {error.strerror}") from error


def last_segment(directory: Path) -> Cursor:
    """The place before the last segment's header, for a reader to whom older records are nothing.

    Raises:
        UsageError: there is no log, or it cannot be read.
        VerificationError: the segment has no header.
    """
    try:
        segments = list_segments(directory)
        if not segments:
            raise UsageError(f"there is no audit log at `{directory}`")
        return _before(*segments[-1])
    except OSError as error:
        raise UsageError(f"cannot read the audit log `{directory}`: {error.strerror}") from error


def load_cursor(path: Path) -> Cursor:
    """A kept cursor; `START` if the file is not there.

    Raises:
        UsageError: it cannot be read.
        VerificationError: it is damaged. It is not replaced by another: a person decides.
    """
    try:
        return _read_cursor(path.read_bytes())
    except FileNotFoundError:
        return START
    except OSError as error:
        raise UsageError(f"cannot read the cursor `{path}`: {error.strerror}") from error
    except ValueError as error:
        raise VerificationError(f"the cursor `{path}` is damaged: {error}") from error


def save_cursor(path: Path, cursor: Cursor, disk: Disk | None = None) -> None:
    """Keep a cursor: the file is replaced as a whole and is on stable storage afterwards.

    Save it after the records before it were dealt with: a crash between the two then gives
    them out once more, and never leaves one out.

    Raises:
        OSError: the disk refuses; the old cursor is kept.
    """
    text = encode_subset({**to_json(cursor), "v": FORMAT})
    (disk or Disk()).put_file(path, text, durable="content")


def _read_cursor(data: bytes) -> Cursor:
    stored = from_json(_Stored, parse_subset(data), "cursor")
    if stored.v != FORMAT or not is_hex(stored.last, len(NO_LINE)):
        raise ValueError("it is of another format")
    if not 0 <= stored.segment <= stored.seq or stored.offset < 0:
        raise ValueError("it names no place")
    return Cursor(stored.seq, stored.segment, stored.offset, stored.last)


def _follow(
    segments: list[tuple[int, Path]], cursor: Cursor, stubs: Mapping[int, Path]
) -> Iterator[Followed]:
    if cursor == START:
        cursor = _before(*segments[0])
    last = segments[-1][0]
    for first, path in segments:
        if first < cursor.segment:
            continue
        if first != cursor.segment:
            cursor = _over_stubs(cursor, first, stubs)
            # The cursor's own file may be gone, if all of it was read before it was pruned.
            if first != cursor.seq:
                raise VerificationError(_gap(path, first, cursor))
            cursor = Cursor(cursor.seq, first, 0, cursor.last)
        for step in _joined(_segment(path, cursor, grows=first == last)):
            cursor = step.cursor
            if step.record is not None:
                yield Followed(step.record, step.stored, step.signature, step.offset, cursor)
    if cursor.segment > last:
        raise VerificationError(
            f"the log ends before event {cursor.seq}, up to which it was read before"
        )


class _Step(NamedTuple):
    """One line further: a record, or None after a checkpoint."""

    record: dict[str, Any] | None
    stored: bytes
    signature: bytes | None
    offset: int
    cursor: Cursor


def _segment(path: Path, cursor: Cursor, *, grows: bool) -> Iterator[_Step]:
    with open_plain(path) as file:
        _require_same(path, file, cursor)
        end = file.seek(0, os.SEEK_END)
        file.seek(cursor.offset)
        if grows and end > cursor.offset:
            # The writer may not have synced yet. What is acted on must not be lost again.
            os.fdatasync(file.fileno())
        for frame in read_frames(file):
            if not frame.ended or frame.offset + len(frame.line) >= end:
                break
            step = _step(path, frame, cursor)
            cursor = step.cursor
            yield step
    if not grows and cursor.offset != end:
        raise VerificationError(f"`{path.name}` does not end with a whole line, though it is over")


def _joined(steps: Iterator[_Step]) -> Iterator[_Step]:
    """Join a checkpoint to the record before it.

    Once the last record of a segment was dealt with, nothing of the segment is left to read,
    so that it may be pruned.
    """
    held: _Step | None = None
    try:
        for step in steps:
            if step.record is None and held is not None:
                held = held._replace(cursor=step.cursor)
                continue
            if held is not None:
                yield held
            held = step
    except VerificationError:
        if held is not None:
            yield held  # It stands before the fault.
        raise
    if held is not None:
        yield held


def _step(path: Path, frame: Frame, cursor: Cursor) -> _Step:
    try:
        line = read_line(frame.line)
        after = Cursor(
            cursor.seq + isinstance(line, EventLine),
            cursor.segment,
            frame.offset + len(frame.line) + 1,
            line_hash(frame.line),
        )
        if not isinstance(line, EventLine):
            _require_next(cursor, cursor.seq, line.prev)
            return _Step(None, b"", None, frame.offset, after)
        _require_next(cursor, line.event["seq"], line.event["prev"])
    except ValueError as error:
        place = f"`{path.name}`, byte {frame.offset}"
        raise VerificationError(f"the log cannot be followed at {place}: {error}") from error
    return _Step(line.event, line.stored, line.signature, frame.offset, after)


def _require_next(cursor: Cursor, seq: int, prev: str) -> None:
    if seq != cursor.seq:
        raise ValueError(f"event {seq} stands where {cursor.seq} belongs")
    if prev != cursor.last:
        raise ValueError("`prev` is not the hash of the line before")


def _require_same(path: Path, file: BinaryIO, cursor: Cursor) -> None:
    """The line that ends at the cursor must be the one that was read there before."""
    if cursor.offset == 0:
        return
    start = max(0, cursor.offset - MAX_LINE_BYTES - 2)
    file.seek(start)
    before = file.read(cursor.offset - start)
    if len(before) < cursor.offset - start:
        raise VerificationError(
            f"`{path.name}` is smaller than byte {cursor.offset}, up to which it was read before"
        )
    if not before.endswith(b"\n") or line_hash(before[:-1].rpartition(b"\n")[2]) != cursor.last:
        raise VerificationError(f"`{path.name}` is not the file that was read before")


def _before(first: int, path: Path) -> Cursor:
    """The place before a segment's header, as the header tells it."""
    with open_plain(path) as file:
        frame = next(read_frames(file), None)
    with suppress(ValueError):
        line = read_line(frame.line) if frame and frame.ended else None
        if isinstance(line, EventLine):
            return Cursor(first, first, 0, line.event["prev"])
    raise VerificationError(f"`{path.name}` begins with no header")


def _over_stubs(cursor: Cursor, until: int, stubs: Mapping[int, Path]) -> Cursor:
    """The place after the pruned segments that follow, up to a segment that is still there."""
    while cursor.seq < until and cursor.seq in stubs:
        try:
            following, last = after_stub(stubs[cursor.seq])
        except FileNotFoundError:
            break  # Leaves alone do not tell where the segment ended.
        except ValueError as error:
            name = stubs[cursor.seq].name
            raise VerificationError(f"`{name}` is no stub of a segment: {error}") from error
        if following <= cursor.seq:
            break
        cursor = Cursor(following, following, 0, last)
    return cursor


def _gap(path: Path, first: int, cursor: Cursor) -> str:
    if first > cursor.seq:
        return f"events {cursor.seq} to {first - 1} are not in the log any more"
    return f"`{path.name}` stands where event {cursor.seq} belongs"
