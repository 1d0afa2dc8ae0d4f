"""R7: health data seen by an agent that is unknown or shared. Layer: runtime. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.runtime.compliance.rule import Check

if TYPE_CHECKING:
    from wilkc.runtime.compliance.known import Known
    from wilkc.runtime.compliance.rule import Record

_SHARED: Final = frozenset({"", "?", "agent", "anonymous", "default", "guest", "shared", "unknown"})
"""Names that say nothing of who acts."""


def _matches(record: Record) -> bool:
    tagged = "hipaa" in record["security"]["compliance_tags"]
    return bool(tagged and record["phase"] == "intent" and record["decision"]["allow"])


def _holds(record: Record, _: Known) -> bool:
    actor = record["actor"]
    return actor["type"] == "agent" and actor["id"].strip().lower() not in _SHARED


RULE: Final = Check(
    id="R7",
    version=1,
    severity="high",
    controls=("HIPAA:164.312(a)(2)(i)", "HIPAA:164.312(d)"),
    title="health data was given to an unknown agent, or under a name that is shared",
    advice="give every agent an id of its own",
    types=None,
    matches=_matches,
    holds=_holds,
)
