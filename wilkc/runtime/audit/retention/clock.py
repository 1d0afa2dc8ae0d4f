"""Whether the wall clock can be believed when something is to be destroyed. Layer: runtime.

Within a boot the kernel's own clock tells how much time really went by. After another boot
nothing does. So both ends of every segment are compared, and the last record with now: where
the wall clock went another way by more than a day, a person has to say that it is right, and
what the person says is on record.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.errors import GateError
from wilkc.core.plain_files import open_plain
from wilkc.runtime.audit.clock import boot_id
from wilkc.runtime.audit.drafts import Event
from wilkc.runtime.audit.files import list_segments
from wilkc.runtime.audit.line import MAX_LINE_BYTES, EventLine, parse_line
from wilkc.runtime.audit.listing import segment_records
from wilkc.runtime.audit.own import WILK
from wilkc.runtime.audit.retention.scan import found_records
from wilkc.runtime.audit.retention.stub import stub_firsts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from wilkc.runtime.audit.clock import Clock
    from wilkc.runtime.audit.logger import AuditLogger

CLOCK_STEP: Final = "system.clock_step"
_MARK: Final = (b'"type":"system.clock_step"',)
_SECOND_US: Final = 1_000_000
MAX_STEP_US: Final = 86_400 * _SECOND_US
_TAIL_BYTES: Final = 3 * (MAX_LINE_BYTES + 1)
"""Holds a whole event: the last line may be a checkpoint, and the one before the first cut."""


@dataclass(frozen=True, slots=True)
class _Moment:
    """What the clocks said at a record; `seq` is that of the record, or after the last one."""

    seq: int
    wall_us: int
    mono_us: int
    boot: str


def clock_doubt(directory: Path, clock: Clock) -> str | None:
    """Why the wall clock cannot be believed, or None. Read it before the log is opened.

    Args:
        directory: of the log, which is read and not verified.
        clock: the host's clocks.

    Raises:
        UsageError: there is no log, or it cannot be read.
        VerificationError: a line is no record.
        OSError: it cannot be read.
    """
    confirmed = _confirmed(directory)
    since = confirmed.seq if confirmed else 0
    known = {moment.seq: moment for moment in _moments(directory) if moment.seq >= since}
    if confirmed:
        known[confirmed.seq] = confirmed
    if not known:
        return "the log has no record to compare the clock with"
    moments = pairwise((*(known[seq] for seq in sorted(known)), _now(clock)))
    # What was pruned in between, as a hold kept what is before it, took its time.
    pruned = stub_firsts(directory)
    doubts = (_doubt(one, other) for one, other in moments if one.seq + 1 not in pruned)
    return next(filter(None, doubts), None)


@dataclass(slots=True)
class ClockReader:
    """Compares the clocks of all records of a log, given in order, and at last with now.

    What `clock_doubt` reads is not verified, and a while before something is destroyed: who can
    write the log's directory could say in between that a person confirmed the clock. So whoever
    destroys looks once more, at the records of a log that verifies.
    """

    _before: _Moment | None = None
    _why: str | None = None

    def take(self, record: Mapping[str, Any]) -> None:
        """Look at the next record."""
        moment = _moment(record)
        if _is_confirmation(record):
            self._why = None
        elif self._before is not None and self._before.seq + 1 == moment.seq:
            self._why = self._why or _doubt(self._before, moment)
        self._before = moment

    def require(self, clock: Clock) -> None:
        """Require that the clock can be believed.

        Raises:
            GateError: it cannot, or there is nothing to compare it with.
        """
        if self._before is None:
            why: str | None = "the log has no record to compare the clock with"
        else:
            why = self._why or _doubt(self._before, _now(clock))
        if why is not None:
            raise GateError(
                f"nothing is destroyed: {why}",
                help_text="set the clock; if it is right, say so by `--clock-is-right`",
            )


def confirm_clock(logger: AuditLogger) -> None:
    """Put on record that a person says the clock is right.

    Raises:
        UnavailableError: it cannot be recorded.
        VerificationError: the log was tampered with, or a key is missing.
    """
    resource = f"log:{logger.origin}"
    details = {"confirmed": True}
    logger.system(
        Event(type=CLOCK_STEP, resource=resource, actor=WILK, details=details, clear=True)
    )


def _doubt(before: _Moment, moment: _Moment) -> str | None:
    moved = _step(before, moment)
    if abs(moved) <= MAX_STEP_US:
        return None
    days = round(abs(moved) / MAX_STEP_US)
    way = "forward" if moved > 0 else "back"
    return f"the clock went {way} by {days} days after record {before.seq}"


def _step(before: _Moment, moment: _Moment) -> int:
    """By how much the wall clock went another way than the kernel's, in microseconds."""
    walled = moment.wall_us - before.wall_us
    if before.boot == moment.boot:
        return walled - (moment.mono_us - before.mono_us)
    return walled


def _now(clock: Clock) -> _Moment:
    return _Moment(1 << 62, clock.wall_us(), clock.boot_us(), boot_id())


def _moments(directory: Path) -> Iterator[_Moment]:
    for _, path in list_segments(directory):
        first, last = next(segment_records(path), None), _last_record(path)
        for record in (first, last):
            if record is not None:
                yield _moment(record)


def _moment(record: Mapping[str, Any]) -> _Moment:
    wall_us = round(datetime.fromisoformat(record["ts"]).timestamp() * _SECOND_US)
    return _Moment(record["seq"], wall_us, record["mono_us"], record["boot"])


def _last_record(path: Path) -> dict[str, Any] | None:
    with open_plain(path) as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
        lines = file.read().split(b"\n")[:-1]
    for line in reversed(lines):
        try:
            parsed = parse_line(line)
        except ValueError:
            continue
        if isinstance(parsed, EventLine):
            return parsed.event
    return None


def _confirmed(directory: Path) -> _Moment | None:
    """When a person last said that the clock is right."""
    confirmed = None
    for record in found_records(directory, _MARK):
        if _is_confirmation(record):
            confirmed = _moment(record)
    return confirmed


def _is_confirmation(record: Mapping[str, Any]) -> bool:
    """Whether a person says by it that the clock is right."""
    action = record["action"]
    own = action["type"] == CLOCK_STEP and record["phase"] == "system"
    return own and action["details"].get("confirmed") is True
