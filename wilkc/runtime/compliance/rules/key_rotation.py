"""R8: a key-encryption key that was not replaced in time. Layer: runtime. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.runtime.compliance.rule import DAY_SECONDS, Duty, Term, details_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.runtime.compliance.known import Known
    from wilkc.runtime.compliance.rule import Record

ROTATION_DAYS: Final = 90
OVERDUE_DAYS: Final = 7
_KEK: Final = "kek"


def _ends(record: Record, _: Known) -> Iterable[str]:
    rotated = record["action"]["type"] == "key.rotated"
    return (_KEK,) if rotated and details_of(record).get("use", _KEK) == _KEK else ()


def _begins(_: Record, __: Known) -> Iterable[Term]:
    # The first key is as old as the log.
    return (Term(_KEK, (ROTATION_DAYS + OVERDUE_DAYS) * DAY_SECONDS),)


RULE: Final = Duty(
    id="R8",
    version=1,
    severity="high",
    controls=("SOC2:CC6.1", "GDPR:25", "GDPR:32"),
    title="the key-encryption key is overdue to be replaced",
    advice="run `wilkc keys rotate --due`, and let housekeeping do it from now on",
    types=frozenset({"system.header", "key.rotated"}),
    ends=_ends,
    begins=_begins,
)
