"""R10: records kept past their time though no hold wants them. Layer: runtime. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.runtime.compliance.rule import DAY_SECONDS, Duty, Term, details_of, number_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.runtime.compliance.known import Known
    from wilkc.runtime.compliance.rule import Record

GRACE_DAYS: Final = 31
"""A segment is pruned as a whole, when the last of its records is old enough."""
_SEGMENT: Final = "segment"


def _ends(record: Record, _: Known) -> Iterable[str]:
    # Segments are pruned oldest first, so the duty of the oldest is the only one to keep.
    return (_SEGMENT,) if record["action"]["type"] == "system.pruned" else ()


def _begins(record: Record, known: Known) -> Iterable[Term]:
    details = details_of(record)
    if record["action"]["type"] == "system.pruned" and number_in(details, "last") is None:
        return ()
    return (Term(_SEGMENT, (known.retention_days + GRACE_DAYS) * DAY_SECONDS),)


RULE: Final = Duty(
    id="R10",
    version=1,
    severity="medium",
    controls=("GDPR:5(1)(e)", "HIPAA:164.316(b)(2)(i)"),
    title="records are kept past their retention, and no hold asks for it",
    advice="run `wilkc audit prune`, or place a hold on what must be kept",
    types=frozenset({"system.header", "system.pruned"}),
    ends=_ends,
    begins=_begins,
    excused=lambda known: bool(known.holds),
)
