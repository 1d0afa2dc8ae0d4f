"""The newest records of a log, and the place after them. Layer: runtime. Reads files."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from wilkc.core.errors import UsageError
from wilkc.runtime.audit.files import list_segments
from wilkc.runtime.audit.following import follow, last_segment
from wilkc.runtime.audit.listing import segment_records

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.runtime.audit.following import Cursor
    from wilkc.runtime.audit.query.filters import Filter


def last_records(
    directory: Path, count: int, wanted: Filter
) -> tuple[list[dict[str, Any]], Cursor]:
    """The last records that match, oldest first, and the cursor behind all records.

    Only as many segments are read as it takes, from the last one backwards.

    Raises:
        UsageError: there is no log, or it cannot be read.
        VerificationError: a line is no record.
    """
    cursor = last_segment(directory)
    first = cursor.segment
    newest: deque[dict[str, Any]] = deque(maxlen=count)
    for one in follow(directory, cursor):
        cursor = one.cursor
        if wanted.matches(one.record):
            newest.append(one.record)
    found = list(newest)
    try:
        for path in reversed([path for start, path in list_segments(directory) if start < first]):
            if len(found) >= count:
                break
            records = (one for one in segment_records(path) if wanted.matches(one))
            found = [*deque(records, maxlen=count - len(found)), *found]
    except OSError as error:
        raise UsageError(f"cannot read the audit log `{directory}`: {error.strerror}") from error
    return found, cursor
