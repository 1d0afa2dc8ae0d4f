"""R13: a sandbox that is missing or degraded where one is demanded. Layer: runtime. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.core.contract import SANDBOX_CONDITION
from wilkc.runtime.compliance.rule import Check

if TYPE_CHECKING:
    from wilkc.runtime.compliance.known import Known
    from wilkc.runtime.compliance.rule import Record

_VIOLATION: Final = "sandbox.violation"


def _matches(record: Record) -> bool:
    decision = record["decision"]
    if decision is None:
        return bool(record["action"]["type"] == _VIOLATION)
    return bool(decision["allow"] and SANDBOX_CONDITION in decision["conditions"])


def _holds(record: Record, _: Known) -> bool:
    return record["decision"] is not None and record["result"]["status"] == "success"


RULE: Final = Check(
    id="R13",
    version=1,
    severity="high",
    controls=("SOC2:CC6.8",),
    title="something ran without the whole sandbox that its grant demands",
    advice="run `wilkc doctor`, and give the host what the sandbox lacks",
    types=None,
    matches=_matches,
    holds=_holds,
)
