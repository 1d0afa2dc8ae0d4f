"""R1: an allow that names no bundle or no rule. Layer: runtime. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.runtime.compliance.rule import Check

if TYPE_CHECKING:
    from wilkc.runtime.compliance.known import Known
    from wilkc.runtime.compliance.rule import Record


def _matches(record: Record) -> bool:
    return bool(record["phase"] == "intent" and record["decision"]["allow"])


def _holds(record: Record, _: Known) -> bool:
    return bool(record["decision"]["revision"] and record["decision"]["rule"])


RULE: Final = Check(
    id="R1",
    version=1,
    severity="high",
    controls=("SOC2:CC6.1",),
    title="an action was allowed without naming the bundle and the rule that allow it",
    advice="find the decision point that answered, and let only signed bundles decide",
    types=None,
    matches=_matches,
    holds=_holds,
)
