"""The log's own records. Layer: runtime. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wilkc.runtime.audit.actions import OUTCOME_TYPES
from wilkc.runtime.audit.failures import AUDIT_UNAVAILABLE
from wilkc.runtime.audit.record import Actor, Draft
from wilkc.runtime.audit.tags import tags_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.runtime.audit.record import Risk, Status

WILK: Final = Actor(type="system", id="wilk")
SETTINGS_RESOURCE: Final = "log:settings"
"""Resource of the `config.modify` that says how a log is written."""
OUTCOME_UNKNOWN: Final = "outcome_unknown"


def own_record(  # noqa: PLR0913  # members of one record
    record_id: str,
    kind: str,
    resource: str,
    details: Mapping[str, Any],
    *,
    status: Status = "success",
    risk: Risk = "low",
) -> Draft:
    """A record about the log itself; its details stay in clear."""
    return Draft(
        id=record_id,
        phase="system",
        record_class="security",
        actor=WILK,
        type=kind,
        resource=resource,
        status=status,
        risk=risk,
        details=dict(details),
        tags=tags_for(kind, "system"),
    )


def unknown_outcome(record_id: str, intent: Mapping[str, Any]) -> Draft:
    """The outcome of an intent whose process is gone: it may or may not have acted."""
    message = "it is not known what became of this action"
    draft = _outcome(record_id, intent)
    return draft._replace(status="warning", error=OUTCOME_UNKNOWN, message=message)


def refused_outcome(record_id: str, intent: Mapping[str, Any]) -> Draft:
    """The outcome of an intent that was stored though its writer was told otherwise."""
    message = "the action was denied, as its record was not acknowledged"
    draft = _outcome(record_id, intent)
    return draft._replace(status="failure", error=AUDIT_UNAVAILABLE, message=message)


def _outcome(record_id: str, intent: Mapping[str, Any]) -> Draft:
    actor, action = intent["actor"], intent["action"]
    return Draft(
        id=record_id,
        phase="outcome",
        record_class="security",
        actor=Actor(type=actor["type"], id=actor["id"], name=actor["name"]),
        type=OUTCOME_TYPES.get(action["type"], action["type"]),
        resource=action["resource"],
        status="warning",
        risk="high",
        ref=intent["id"],
        context=intent["context"],
        tags=tuple(intent["security"]["compliance_tags"]),
        subject=intent["subject"],
    )
