"""R4: a condition of a grant that is not reported as fulfilled. Layer: runtime. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.runtime.compliance.rule import Check, details_of

if TYPE_CHECKING:
    from wilkc.runtime.compliance.known import Known
    from wilkc.runtime.compliance.rule import Record

_NOTHING_HAPPENED: Final = frozenset({"cancelled", "audit_unavailable", "sandbox_unavailable"})
"""Errors of outcomes that say that the action was not begun."""


def _matches(record: Record) -> bool:
    return record["phase"] == "outcome" and record["result"]["error"] not in _NOTHING_HAPPENED


def _holds(record: Record, known: Known) -> bool:
    wanted = known.conditions.get(record["ref"])
    if not wanted:
        return True
    told = details_of(record).get("fulfilled")
    return isinstance(told, list) and all(one in told for one in wanted)


RULE: Final = Check(
    id="R4",
    version=1,
    severity="high",
    controls=("SOC2:CC6.1", "HIPAA:164.312(a)(1)"),
    title="an action ran, and a condition of its grant is not reported as fulfilled",
    advice="let the caller fulfil every condition, and say so in the outcome",
    types=None,
    matches=_matches,
    holds=_holds,
)
