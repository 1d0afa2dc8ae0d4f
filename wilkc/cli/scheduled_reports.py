"""Issuing the reports that are due. Layer: cli.

One is issued once, so it waits until its checkpoint reaches the end of its month: what happened
after an older one would be in no report at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wilkc.cli.commands.audit.options import checkpoint_text
from wilkc.cli.files import write_atomically
from wilkc.cli.keeping import open_keeper
from wilkc.cli.reports import markdown
from wilkc.core.errors import UnavailableError, VerificationError, WilkError
from wilkc.runtime.alerts.schedule import due_reports
from wilkc.runtime.audit import follow, last_segment
from wilkc.runtime.audit.clock import Clock
from wilkc.runtime.audit.keeping import report_key
from wilkc.runtime.audit.retention.scan import found_records
from wilkc.runtime.compliance import (
    Period,
    UnverifiedLogError,
    Wanted,
    issued_event,
    make_report,
    sign_report,
)
from wilkc.runtime.compliance.report import ISSUED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wilkc.cli.housekeeping import Housed
    from wilkc.runtime.alerts.schedule import Due
    from wilkc.runtime.audit import AuditLogger

SIGNED_SUFFIX: Final = ".dsse.json"
SHOWN_SUFFIX: Final = ".md"
_MONTHS: Final = 12
_ISSUED_MARK: Final = (b'"type":"report.issued"',)


@dataclass(frozen=True, slots=True)
class Wishes:
    """The reports that are wished for each month.

    Attributes:
        folder: where they are written.
        standards: one report for each.
        checkpoint: file of a checkpoint that is kept elsewhere; None takes the log's own.
    """

    folder: str
    standards: tuple[str, ...]
    checkpoint: str | None = None


def issue_due(housed: Housed, wishes: Wishes) -> bool:
    """Issue, sign and write every report that is due and whose month is covered.

    A report is on record before it is written: one that nobody can find in the log is none. A
    crash in between leaves a record of a report that is not there, and the report is issued again.

    Returns:
        Whether any stays overdue; each is tried, whatever became of the one before.

    Raises:
        WilkError: the last of them that could not be issued, and why.
    """
    directory = Path(housed.directory)
    due = due_reports(
        wishes.standards,
        _issued(directory, wishes),
        first_whole_month(directory),
        Clock().wall_us(),
    )
    overdue, failure = False, None
    for one in due:
        try:
            _issue(housed, wishes, one)
        except WilkError as error:
            overdue, failure = overdue or one.overdue, error
    if failure is not None:
        raise OverdueError(failure.message, overdue=overdue) from failure
    return False


class OverdueError(UnavailableError):
    """A report that is due was not issued.

    Args:
        message: why.
        overdue: whether people are to be told.
    """

    def __init__(self, message: str, *, overdue: bool) -> None:
        super().__init__(message)
        self.overdue = overdue


def _issue(housed: Housed, wishes: Wishes, due: Due) -> None:
    directory = Path(housed.directory)
    wanted = Wanted(
        due.standard,  # type: ignore[arg-type]  # one of the choices of the option
        Period(due.start, due.end),
        checkpoint_text(directory, wishes.checkpoint),
    )
    try:
        body = make_report(directory, housed.root or "", wanted)
    except UnverifiedLogError as error:
        raise VerificationError(f"{due.name}: {error.message}: {error.found.verdict}") from error
    covered = body["covered"] or ""
    if covered < due.end and _goes_on(directory, body["checkpoint"]["size"]):
        if not due.overdue:
            return
        raise UnavailableError(
            f"{due.name}: the checkpoint reaches `{covered}`, not the end of the month",
            help_text="put a newer one in its place",
        )
    with open_keeper(housed.directory, housed.keys, housed.provider) as keeper:
        _write(keeper.logger, Path(wishes.folder), due, body)


def _goes_on(directory: Path, size: int) -> bool:
    """Whether the log has records that a checkpoint of so many does not cover."""
    steps = follow(directory, last_segment(directory))
    return any(step.record["seq"] >= size for step in steps)


def _write(logger: AuditLogger, folder: Path, due: Due, body: dict[str, Any]) -> None:
    key = report_key(logger)
    signed = sign_report(body, key)
    logger.system(issued_event(body, key.kid))
    write_atomically(folder / f"{due.name}{SHOWN_SUFFIX}", markdown(body).encode(), mode=0o600)
    # Last: that it is there says that all of it was written.
    write_atomically(folder / f"{due.name}{SIGNED_SUFFIX}", signed, mode=0o600)


def _issued(directory: Path, wishes: Wishes) -> Sequence[Mapping[str, Any]]:
    """What is on record of reports that also lie where they belong."""
    found: list[Mapping[str, Any]] = []
    for record in found_records(directory, _ISSUED_MARK):
        action = record["action"]
        if action["type"] == ISSUED and record["phase"] == "system":
            details = action["details"]
            period = details.get("period")
            month = str(period.get("from", ""))[:7] if isinstance(period, dict) else ""
            name = f"{details.get('standard')}-{month}{SIGNED_SUFFIX}"
            if (Path(wishes.folder) / name).is_file():
                found.append(details)
    return found


def first_whole_month(directory: Path) -> str:
    """Time of the log's first record; the month after that, if records before it were pruned.

    Raises:
        UsageError: there is no log, or it cannot be read.
        VerificationError: its first line is no record.
    """
    step = next(follow(directory), None)
    if step is None:
        return "9999"
    ts = str(step.record["ts"])
    if step.record["seq"] == 0:
        return ts
    year, month = int(ts[:4]), int(ts[5:7])
    return f"{year + month // _MONTHS:04}-{month % _MONTHS + 1:02}"
