"""Finding some records of a log without parsing all of them. Layer: runtime. Reads files.

Records are canonical, so what a member holds stands in the line as known bytes; a line
without them is passed over unparsed. Nothing is verified here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wilkc.core.errors import UsageError, VerificationError
from wilkc.runtime.audit.files import list_segments
from wilkc.runtime.audit.frames import read_frames
from wilkc.runtime.audit.line import EventLine, parse_line
from wilkc.runtime.audit.record import check_event

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


def found_records(directory: Path, marks: Sequence[bytes]) -> Iterator[dict[str, Any]]:
    """The records of a log, in order, whose line holds one of the marks.

    Args:
        directory: of the log.
        marks: bytes of a canonical line; more records than meant may hold them.

    Raises:
        UsageError: there is no log, or it cannot be read.
        VerificationError: such a line is no record.
    """
    try:
        segments = list_segments(directory)
        if not segments:
            raise UsageError(f"there is no audit log at `{directory}`")
        for _, path in segments:
            yield from segment_records(path, marks)
    except OSError as error:
        raise UsageError(f"cannot read the audit log `{directory}`: {error.strerror}") from error


def segment_records(path: Path, marks: Sequence[bytes] = ()) -> Iterator[dict[str, Any]]:
    """The records of one segment whose line holds one of the marks; all without marks.

    Raises:
        OSError: it cannot be read.
        VerificationError: such a line is no record.
    """
    with path.open("rb") as file:
        for frame in read_frames(file):
            wanted = not marks or any(mark in frame.line for mark in marks)
            if not frame.ended or not wanted:
                continue
            try:
                line = parse_line(frame.line)
                if isinstance(line, EventLine):
                    check_event(line.event)
            except ValueError as error:
                place = f"`{path.name}`, byte {frame.offset}"
                raise VerificationError(f"{place} is no record: {error}") from error
            if isinstance(line, EventLine):
                yield line.event
