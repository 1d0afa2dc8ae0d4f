"""Whether the wall clock can be believed when something is to be destroyed. Layer: runtime.

Within a boot the kernel's own clock tells how much time went by since the last record. After
another boot nothing does, so a long silence has to be confirmed by a person.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from wilkc.runtime.audit.clock import boot_id
from wilkc.runtime.audit.files import list_segments
from wilkc.runtime.audit.line import MAX_LINE_BYTES, EventLine, parse_line

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.runtime.audit.clock import Clock

_SECOND_US: Final = 1_000_000
_DAY_US: Final = 86_400 * _SECOND_US


def clock_doubt(directory: Path, clock: Clock) -> str | None:
    """Why the wall clock cannot be believed, or None.

    Read it before the log is opened, as opening may write a record.

    Args:
        directory: of the log, which is read and not verified.
        clock: the host's clocks.
    """
    record = _last_record(directory)
    if record is None:
        return "the log has no record to compare the clock with"
    expected = round(datetime.fromisoformat(record["ts"]).timestamp() * _SECOND_US)
    if record["boot"] == boot_id():
        expected += clock.boot_us() - record["mono_us"]
    moved = clock.wall_us() - expected
    if abs(moved) <= _DAY_US:
        return None
    days = round(abs(moved) / _DAY_US)
    way = "ahead of" if moved > 0 else "behind"
    return f"the clock is {days} days {way} the last record of {record['ts']}"


def _last_record(directory: Path) -> dict[str, Any] | None:
    try:
        segments = list_segments(directory)
        for _, path in reversed(segments):
            with path.open("rb") as file:
                file.seek(max(0, path.stat().st_size - 3 * MAX_LINE_BYTES))
                lines = file.read().split(b"\n")
            for line in reversed(lines[:-1]):
                event = _event(line)
                if event is not None:
                    return event
    except OSError:
        return None
    return None


def _event(line: bytes) -> dict[str, Any] | None:
    try:
        parsed = parse_line(line)
    except ValueError:
        return None
    return parsed.event if isinstance(parsed, EventLine) else None
