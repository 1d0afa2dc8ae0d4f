"""R14: a log not verified, or a backup not tried, in time. Layer: runtime. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.runtime.compliance.rule import DAY_SECONDS, Duty, Term, details_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.runtime.compliance.known import Known
    from wilkc.runtime.compliance.rule import Record

VERIFY_DAYS: Final = 31
RESTORE_DAYS: Final = 90
_VERIFY: Final = "verify"
_RESTORE: Final = "restore"


def _ends(record: Record, _: Known) -> Iterable[str]:
    if record["action"]["type"] != "verify.done" or record["result"]["status"] != "success":
        return ()
    return (_RESTORE if details_of(record).get("kind") == _RESTORE else _VERIFY,)


def _begins(_: Record, __: Known) -> Iterable[Term]:
    return (
        Term(_VERIFY, VERIFY_DAYS * DAY_SECONDS),
        Term(_RESTORE, RESTORE_DAYS * DAY_SECONDS),
    )


RULE: Final = Duty(
    id="R14",
    version=2,
    severity="medium",
    controls=("GDPR:5(1)(f)", "HIPAA:164.312(b)", "HIPAA:164.312(c)(2)"),
    title="the log was not verified, or its backup not restored for a trial, in time",
    advice="run `wilkc audit verify` and `wilkc audit restore-check` regularly",
    types=frozenset({"system.header", "verify.done"}),
    ends=_ends,
    begins=_begins,
)
