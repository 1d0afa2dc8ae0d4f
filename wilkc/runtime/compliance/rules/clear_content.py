"""R5: content of a record about personal or health data that stands in clear. Layer: runtime. Pure.

Records about the log itself are clear by design and name persons by their tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.core.audit_settings import DEFAULT_CLEAR_DETAILS
from wilkc.runtime.compliance.rule import Check, details_of, is_tagged

if TYPE_CHECKING:
    from wilkc.runtime.compliance.known import Known
    from wilkc.runtime.compliance.rule import Record

_CLEAR: Final = frozenset(DEFAULT_CLEAR_DETAILS)
_OWN_ROOMS: Final = frozenset(
    {
        "alert", "compliance", "erasure", "hold", "key", "policy", "report", "review", "system",
        "verify",
    }
)  # fmt: skip


def _matches(record: Record) -> bool:
    return is_tagged(record) and record["action"]["type"].partition(".")[0] not in _OWN_ROOMS


def _holds(record: Record, _: Known) -> bool:
    context = record["context"]
    named = record["actor"]["type"] == "user" and record["actor"]["name"] is not None
    traced = context["ip_address"] is not None or context["user_agent"] is not None
    return not named and not traced and _CLEAR.issuperset(details_of(record))


RULE: Final = Check(
    id="R5",
    version=1,
    severity="high",
    controls=("SOC2:CC6.1", "GDPR:5(1)(f)", "GDPR:25", "GDPR:32", "HIPAA:164.312(a)(2)(iv)"),
    title="a record about personal or health data holds content in clear",
    advice="take the detail off `clear_details`, so that it is sealed",
    types=None,
    matches=_matches,
    holds=_holds,
)
