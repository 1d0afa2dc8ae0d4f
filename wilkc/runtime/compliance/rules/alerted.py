"""R12: a grave record nobody was told of, or an alert nobody took. Layer: runtime. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.runtime.compliance.known import GRAVE
from wilkc.runtime.compliance.rule import Duty, Term, details_of, text_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.runtime.compliance.known import Known
    from wilkc.runtime.compliance.rule import Record

DELIVERED_SECONDS: Final = 3600
ACKNOWLEDGED_SECONDS: Final = 86_400
_TOLD: Final = "told:"
_TAKEN: Final = "taken:"


def _ends(record: Record, known: Known) -> Iterable[str]:
    kind = record["action"]["type"]
    alert = text_in(details_of(record), "alert")
    if kind == "alert.acknowledged":
        return (_TAKEN + alert,)
    if kind != "alert.delivered":
        return ()
    return [f"{_TOLD}{seq}" for seq in known.told_by(alert)]


def _begins(record: Record, known: Known) -> Iterable[Term]:
    kind = record["action"]["type"]
    if kind == "alert.raised":
        details = details_of(record)
        alert = text_in(details, "alert")
        # The same alert is raised again when more joins it, perhaps after somebody took it.
        fresh = alert not in known.alerts and details.get("severity") in GRAVE
        return (Term(_TAKEN + alert, ACKNOWLEDGED_SECONDS),) if fresh else ()
    if kind.startswith("alert.") or record["security"]["risk_level"] not in GRAVE:
        return ()
    return (Term(f"{_TOLD}{record['seq']}", DELIVERED_SECONDS),)


RULE: Final = Duty(
    id="R12",
    version=2,
    severity="high",
    controls=(
        "SOC2:CC7.2", "SOC2:CC7.3", "SOC2:CC7.4",
        "HIPAA:164.308(a)(6)(ii)",
    ),
    title="a grave record was not told to anybody in time, or the alert was not acknowledged",
    advice="look at the record, acknowledge its alert, and mend the channel that failed",
    types=None,
    ends=_ends,
    begins=_begins,
    # Nothing that follows tells of a record in time; an alert can be taken at any time.
    lasts=lambda key: key.startswith(_TAKEN),
)  # fmt: skip
