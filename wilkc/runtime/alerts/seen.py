"""What the rules look at: a record, or a fact from outside the log. Layer: runtime. Pure.

Only clear members are read. An alert leaves the host, so what is sealed must not come near it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from wilkc.runtime.audit.risk import level_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.core.audit_settings import RiskProfile
    from wilkc.runtime.audit.record import Risk

SECOND_US: Final = 1_000_000
HOUR_US: Final = 3600 * SECOND_US
DAY_US: Final = 24 * HOUR_US
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
Fact = Literal[
    "fact.log_unavailable", "fact.log_not_ok", "fact.disk_low", "fact.key_problem",
    "fact.report_overdue",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that happened.

    Attributes:
        ref: id of the record; of a fact, what tells it from others.
        seq: number of the record, or None for a fact.
        at_us: when, in microseconds since 1970, as the host claims.
        mono_us: microseconds since the host started; 0 for a fact.
        boot: the boot that counts them; empty for a fact.
        kind: action type, or `fact.…`.
        phase: of the record; `fact` for a fact.
        agent: id of the actor.
        resource: in the short form.
        about: id of the record that this one refers to, or None.
        allow: of an intent; else None.
        reason: of an intent's decision; else empty.
        status: of the result.
        error: code of the result, or empty.
        risk: level.
        details: clear members of the details.
    """

    ref: str
    seq: int | None
    at_us: int
    kind: str
    agent: str
    resource: str
    phase: str = "system"
    mono_us: int = 0
    boot: str = ""
    about: str | None = None
    allow: bool | None = None
    reason: str = ""
    status: str = "success"
    error: str = ""
    risk: Risk = "low"
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def resource_type(self) -> str:
        """What stands before the colon of the resource."""
        return self.resource.partition(":")[0]

    @property
    def denied(self) -> bool:
        """Whether this is a decision that said no."""
        return self.allow is False


def seen_in(event: Mapping[str, Any], profile: RiskProfile | None = None) -> Seen:
    """A record as the rules see it.

    Args:
        event: the record.
        profile: by which its level of risk is computed anew; None takes the one on record.
    """
    decision, result = event["decision"], event["result"]
    return Seen(
        ref=event["id"],
        seq=event["seq"],
        at_us=microseconds(event["ts"]),
        mono_us=event["mono_us"],
        boot=event["boot"],
        kind=event["action"]["type"],
        phase=event["phase"],
        agent=event["actor"]["id"],
        resource=event["action"]["resource"],
        about=event["ref"],
        allow=None if decision is None else decision["allow"],
        reason="" if decision is None else decision["reason"],
        status=result["status"],
        error=result["error"] or "",
        risk=level_of(event, profile),
        details=event["action"]["details"],
    )


def fact(kind: Fact, at_us: int, resource: str, **details: Any) -> Seen:
    """A fact that the log itself cannot hold, or does not hold yet.

    Args:
        kind: what it is.
        at_us: when it was found.
        resource: what it is about.
        details: more about it, in clear.
    """
    ref = f"{kind}:{resource}"
    return Seen(ref, None, at_us, kind, "wilk", resource, phase="fact", details=details)


def microseconds(text: str) -> int:
    """Microseconds since 1970 of a record's time; a leap second counts as the one before."""
    if text[17:19] == "60":
        text = f"{text[:17]}59{text[19:]}"
    # Whole numbers throughout: a float of this size is not exact to the microsecond.
    since = datetime.fromisoformat(text) - _EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND_US + since.microseconds
