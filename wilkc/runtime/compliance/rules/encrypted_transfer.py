"""R6: personal or health data that left unencrypted. Layer: runtime. Pure.

By the network it may leave by https only; a way that cannot be seen counts as another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.runtime.compliance.rule import Check, details_of, is_tagged

if TYPE_CHECKING:
    from wilkc.runtime.compliance.known import Known
    from wilkc.runtime.compliance.rule import Record

_REQUEST: Final = "network.request"
_EXPORT: Final = "export"


def _matches(record: Record) -> bool:
    if not is_tagged(record):
        return False
    if record["action"]["type"] == _REQUEST:
        return bool(record["phase"] == "intent" and record["decision"]["allow"])
    return details_of(record).get("action") == _EXPORT


def _holds(record: Record, _: Known) -> bool:
    if record["action"]["type"] == _REQUEST:
        return bool(record["action"]["resource"].startswith("network:https://"))
    return details_of(record).get("encrypted") is True


RULE: Final = Check(
    id="R6",
    version=1,
    severity="critical",
    controls=("SOC2:CC6.6", "SOC2:CC6.7", "GDPR:32", "HIPAA:164.312(e)(1)"),
    title="personal or health data was sent or exported without encryption",
    advice="allow https only for such data, and encrypt exports",
    types=frozenset({_REQUEST, "config.access"}),
    matches=_matches,
    holds=_holds,
)
