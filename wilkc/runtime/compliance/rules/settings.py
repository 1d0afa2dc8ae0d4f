"""R11: settings of the log that are looser than the least. Layer: runtime. Pure.

A header names only the digest of the settings. What they are stands in a `config.modify` of
`log:settings`; settings that nobody declares within a day are judged as loosened, since nobody
can say that they are not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.core.audit_settings import DEFAULT_CLEAR_DETAILS
from wilkc.runtime.audit.own import SETTINGS_RESOURCE
from wilkc.runtime.compliance.rule import Check, Duty, Term, details_of, number_in, text_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.runtime.compliance.known import Known
    from wilkc.runtime.compliance.rule import Record, Severity

LEAST_RETENTION_DAYS: Final = 2190
"""Six years: 45 CFR 164.316(b)(2)(i)."""
LEAST_SAMPLE_PERMILLE: Final = 100
_CLEAR: Final = frozenset(DEFAULT_CLEAR_DETAILS)
DECLARED_SECONDS: Final = 86_400
_HEADER: Final = "system.header"
_ID: Final = "R11"
_SEVERITY: Final[Severity] = "critical"
_CONTROLS: Final = ("GDPR:25", "GDPR:32", "HIPAA:164.316(b)(2)(i)")
_TITLE: Final = "the log is written by settings below the least for retention, sealing or sampling"
_ADVICE: Final = "set them back, and find out who changed them"


def _matches(record: Record) -> bool:
    return bool(record["action"]["resource"] == SETTINGS_RESOURCE)


def _holds(record: Record, _: Known) -> bool:
    details = details_of(record)
    clear = details.get("clear_details")
    return (
        (number_in(details, "retention_days") or 0) >= LEAST_RETENTION_DAYS
        and (number_in(details, "sample_permille") or 0) >= LEAST_SAMPLE_PERMILLE
        and details.get("record_input") is True
        and isinstance(clear, list)
        and _CLEAR.issuperset(clear)
    )


def _ends(record: Record, _: Known) -> Iterable[str]:
    return (text_in(details_of(record), "settings"),) if _matches(record) else ()


def _begins(record: Record, known: Known) -> Iterable[Term]:
    digest = text_in(details_of(record), "settings")
    if record["action"]["type"] != _HEADER or digest == known.settings:
        return ()
    return (Term(digest, DECLARED_SECONDS),)


RULE: Final = Check(
    id=_ID,
    version=1,
    severity=_SEVERITY,
    controls=_CONTROLS,
    title=_TITLE,
    advice=_ADVICE,
    types=frozenset({"config.modify"}),
    matches=_matches,
    holds=_holds,
)
UNDECLARED: Final = Duty(
    id=_ID,
    version=1,
    severity=_SEVERITY,
    controls=_CONTROLS,
    title=_TITLE,
    advice=_ADVICE,
    types=frozenset({_HEADER, "config.modify"}),
    ends=_ends,
    begins=_begins,
    lasts=lambda _: False,  # each segment that follows begins it anew
)
