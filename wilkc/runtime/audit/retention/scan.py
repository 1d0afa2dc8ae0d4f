"""Finding some records of a log without parsing all of them. Layer: runtime. Reads files.

Records are canonical, so what a member holds stands in the line as known bytes; a line
without them is passed over unparsed. Nothing is verified here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wilkc.core.errors import UsageError
from wilkc.runtime.audit.files import list_segments
from wilkc.runtime.audit.listing import segment_records

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
