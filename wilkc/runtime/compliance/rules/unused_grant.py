"""R15: a permission that nobody used for 90 days. Layer: runtime. Pure.

A grant that ends by itself before that can be left to do so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.runtime.compliance.known import UNUSED_DAYS, is_passing
from wilkc.runtime.compliance.rule import DAY_SECONDS, Duty, Term, details_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.runtime.compliance.known import Known
    from wilkc.runtime.compliance.rule import Record

_GRANT: Final = "permission.grant"
_REVOKE: Final = "permission.revoke"
_WILD: Final = "*?[{"


def _ends(record: Record, known: Known) -> Iterable[str]:
    agent, resource = record["actor"]["id"], record["action"]["resource"]
    if record["action"]["type"] == _REVOKE:
        return () if is_passing(details_of(record)) else (_key(agent, resource),)
    if record["phase"] != "intent" or not record["decision"]["allow"]:
        return ()
    return [
        _key(agent, granted)
        for granted in known.grants.get(agent, ())
        if granted == resource or _covers(granted, resource)
    ]


def _begins(record: Record, known: Known) -> Iterable[Term]:
    agent = record["actor"]["id"]
    if record["action"]["type"] == _GRANT:
        if is_passing(details_of(record)):
            return ()
        return (Term(_key(agent, record["action"]["resource"]), UNUSED_DAYS * DAY_SECONDS),)
    # A grant that is used is to be used again.
    return (
        [Term(key, UNUSED_DAYS * DAY_SECONDS) for key in _ends(record, known)]
        if (record["phase"] == "intent")
        else ()
    )


def _covers(granted: str, resource: str) -> bool:
    """Whether a resource begins as the pattern does before its first wildcard."""
    place = next((at for at, char in enumerate(granted) if char in _WILD), None)
    return place is not None and resource.startswith(granted[:place])


def _key(agent: str, resource: str) -> str:
    return f"{agent}\n{resource}"


RULE: Final = Duty(
    id="R15",
    version=2,
    severity="medium",
    controls=("SOC2:CC6.2", "SOC2:CC6.3"),
    title="a permission was granted and is not used for 90 days",
    advice="revoke it",
    types=None,
    ends=_ends,
    begins=_begins,
)
