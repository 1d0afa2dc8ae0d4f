"""What the log says of alerts. Layer: runtime. Pure.

Details stand in clear: whoever reviews alerts needs no keys. They are of low risk, or each
alert would raise the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wilkc.runtime.audit import Actor, Event
from wilkc.runtime.audit.own import WILK
from wilkc.runtime.audit.record import is_record_id

if TYPE_CHECKING:
    from wilkc.runtime.alerts.entry import Note
    from wilkc.runtime.alerts.model import Alert
    from wilkc.runtime.audit.record import Risk, Status

RAISED: Final = "alert.raised"
ACKNOWLEDGED: Final = "alert.acknowledged"
FAILED: Final = "alert.failed"


def note_event(note: Note, alert: Alert) -> Event:
    """The record that a note stands for."""
    details: dict[str, Any] = {"alert": alert.id, "rule": alert.rule}
    if note.type == RAISED:
        details |= {
            "severity": alert.severity,
            "title": alert.title,
            "agent": alert.agent,
            "resource_type": alert.resource_type,
            "count": alert.count,
            "seqs": list(alert.seqs),
            "numbers": alert.numbers_json(),
        }
    elif note.type == ACKNOWLEDGED:
        return acknowledgement(alert.id, note.by, rule=alert.rule, ref=alert.ref)
    else:
        details |= {"channel": note.channel, "attempts": note.attempts}
        if note.error:
            details["error"] = note.error
    failed = note.type == FAILED
    return _event(
        note.type, alert.ref, alert.id, details,
        status="failure" if failed else "success", risk="medium" if failed else "low",
    )  # fmt: skip


def acknowledgement(alert_id: str, by: str, *, rule: str = "", ref: str = "") -> Event:
    """The record that somebody acknowledged an alert; who it was is sealed."""
    details = {"alert": alert_id, "rule": rule}
    actor = Actor("user", by, by)  # the log writes a token in the place of both
    return _event(ACKNOWLEDGED, ref, alert_id, details, actor=actor)


def _event(  # noqa: PLR0913  # members of one record
    kind: str,
    ref: str,
    alert_id: str,
    details: dict[str, Any],
    *,
    actor: Actor = WILK,
    status: Status = "success",
    risk: Risk = "low",
) -> Event:
    return Event(
        type=kind,
        resource=f"alert:{alert_id}",
        actor=actor,
        status=status,
        ref=ref if is_record_id(ref) else None,
        details=details,
        clear=True,
        risk=risk,
    )
