"""R3: a policy change that nobody, or who asked for it, approved. Layer: runtime. Pure.

That the policy in force becomes active once more, as at a start, is no change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.runtime.compliance.rule import Check, details_of, text_in

if TYPE_CHECKING:
    from wilkc.runtime.compliance.known import Known
    from wilkc.runtime.compliance.rule import Record

_ACTIVATED: Final = "policy.activated"
_POLICY: Final = "policy:"


def _matches(record: Record) -> bool:
    action = record["action"]
    return bool(action["type"] == _ACTIVATED or action["resource"].startswith(_POLICY))


def _holds(record: Record, known: Known) -> bool:
    details = details_of(record)
    revision = text_in(details, "revision")
    if record["action"]["type"] == _ACTIVATED and revision and revision == known.revision:
        return True
    approver, requester = text_in(details, "approver"), text_in(details, "requester")
    return bool(approver and requester) and approver != requester


RULE: Final = Check(
    id="R3",
    version=2,
    severity="high",
    controls=("SOC2:CC6.2", "SOC2:CC6.3", "SOC2:CC8.1"),
    title="a policy change has no approver, or was approved by who asked for it",
    advice="let a second person approve the change, and record both",
    types=frozenset({_ACTIVATED, "config.modify"}),
    matches=_matches,
    holds=_holds,
)
