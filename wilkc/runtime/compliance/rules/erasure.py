"""R9: an erasure that is pending for more than 30 days. Layer: runtime. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.runtime.compliance.rule import DAY_SECONDS, Duty, Term, details_of, text_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.runtime.compliance.known import Known
    from wilkc.runtime.compliance.rule import Record

ERASURE_DAYS: Final = 30


def _ends(record: Record, _: Known) -> Iterable[str]:
    complete = details_of(record).get("state") == "complete"
    return (_person(record),) if complete else ()


def _begins(record: Record, _: Known) -> Iterable[Term]:
    if record["action"]["type"] != "erasure.requested":
        return ()
    return (Term(_person(record), ERASURE_DAYS * DAY_SECONDS),)


def _person(record: Record) -> str:
    return text_in(details_of(record), "subject") or record["subject"] or record["ref"] or ""


RULE: Final = Duty(
    id="R9",
    version=2,
    severity="high",
    controls=("GDPR:17",),
    title="an erasure was asked for and is not complete after 30 days",
    advice="destroy the old keys, and confirm that every export of them is gone",
    types=frozenset({"erasure.requested", "key.destroyed"}),
    ends=_ends,
    begins=_begins,
)
