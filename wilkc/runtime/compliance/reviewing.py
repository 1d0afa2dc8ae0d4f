"""Putting on record what a person says of records. Layer: runtime.

A report takes a violation for resolved, and a control for out of scope, only by such a record;
so who said it and when stands in the log as everything else does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.errors import UsageError
from wilkc.runtime.audit import Actor, Event, follow
from wilkc.runtime.audit.record import is_record_id
from wilkc.runtime.compliance.controls import CONTROLS
from wilkc.runtime.compliance.detect import VIOLATION
from wilkc.runtime.compliance.judging import RESOLVED, REVIEWED

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.runtime.audit import AuditLogger, Receipt

OUTCOMES: Final = ("reviewed", RESOLVED, "out_of_scope", "in_scope")
_OF_CONTROLS: Final = frozenset({"out_of_scope", "in_scope"})


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a person says.

    Attributes:
        by: id of the person.
        outcome: one of `OUTCOMES`.
        violation: id of the violation it is about, or None.
        control: `STANDARD:control` it is about, or None.
        first: first record that was looked at, or None.
        last: last one, or None.
        text: why; it is sealed.
    """

    by: str
    outcome: str
    violation: str | None = None
    control: str | None = None
    first: int | None = None
    last: int | None = None
    text: str = ""


def record_review(logger: AuditLogger, directory: Path, opinion: Opinion) -> Receipt:
    """Put an opinion on record.

    Raises:
        UsageError: it is about nothing, about something that is not there, or its outcome does
            not fit what it is about.
        UnavailableError: it could not be recorded.
    """
    _check(opinion)
    ref = _violation(directory, opinion.violation) if opinion.violation else None
    told = {
        "control": opinion.control,
        "first": opinion.first,
        "last": opinion.last,
        "outcome": opinion.outcome,
        "violation": opinion.violation,
    }
    details: dict[str, Any] = {name: value for name, value in told.items() if value is not None}
    event = Event(
        type=REVIEWED,
        resource=f"review:{opinion.outcome}",
        actor=Actor("user", opinion.by),
        ref=ref,
        details=details,
        clear=True,
        secret={"text": opinion.text} if opinion.text else {},
    )
    return logger.system(event)


def _check(opinion: Opinion) -> None:
    if not opinion.by.strip():
        raise UsageError("a review has a reviewer: name who it is")
    known = {f"{name}:{one.id}" for name, listed in CONTROLS.items() for one in listed}
    if opinion.control is not None and opinion.control not in known:
        raise UsageError(
            f"there is no control `{opinion.control}`", help_text="for example `SOC2:CC6.4`"
        )
    if opinion.violation is not None and not is_record_id(opinion.violation):
        raise UsageError(f"`{opinion.violation}` is no id of a violation")
    if opinion.outcome == RESOLVED and opinion.violation is None:
        raise UsageError("`resolved` is said of a violation: name it by `--violation`")
    if (opinion.outcome in _OF_CONTROLS) and opinion.control is None:
        raise UsageError(f"`{opinion.outcome}` is said of a control: name it by `--control`")
    if opinion.outcome == "reviewed" and opinion.violation is None and opinion.control is None:
        if opinion.first is None:
            raise UsageError("name the records that were reviewed by `--first` and `--last`")
        if opinion.last is not None and opinion.last < opinion.first:
            raise UsageError("the last record is before the first")


def _violation(directory: Path, wanted: str) -> str:
    """The id of a violation that is on record; what is not cannot be closed beforehand."""
    for step in follow(directory):
        if step.record["id"] == wanted and step.record["action"]["type"] == VIOLATION:
            return wanted
    raise UsageError(
        f"the log has no violation `{wanted}`",
        help_text="`wilkc audit detect` puts violations on record",
    )
