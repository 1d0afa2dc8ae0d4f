"""R8: a key-encryption key that was not replaced in time. Layer: runtime. Pure.

How long one is used stands in the declaration of the settings. A new declaration counts from
when the key came into use: settings that change again and again put nothing off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.runtime.audit.own import SETTINGS_RESOURCE
from wilkc.runtime.compliance.known import KEK
from wilkc.runtime.compliance.rule import (
    DAY_SECONDS,
    SECOND_US,
    Duty,
    Term,
    details_of,
    moment_us,
    number_in,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.runtime.compliance.known import Known
    from wilkc.runtime.compliance.rule import Record

OVERDUE_DAYS: Final = 7
_ROTATED: Final = "key.rotated"


def _told(record: Record, known: Known) -> int | None:
    """Days that a record declares, where they are others than before."""
    if record["action"]["resource"] != SETTINGS_RESOURCE:
        return None
    days = number_in(details_of(record), "key_rotation_days")
    return None if days == known.rotation_days else days


def _ends(record: Record, known: Known) -> Iterable[str]:
    rotated = record["action"]["type"] == _ROTATED
    if rotated:
        return (KEK,) if details_of(record).get("use", KEK) == KEK else ()
    return () if _told(record, known) is None else (KEK,)


def _begins(record: Record, known: Known) -> Iterable[Term]:
    if record["action"]["type"] != "config.modify":
        # The first key is as old as the log.
        return (Term(KEK, (known.rotation_days + OVERDUE_DAYS) * DAY_SECONDS),)
    days = _told(record, known)
    if days is None:
        return ()
    now = moment_us(record["ts"]) // SECOND_US
    used = now - known.kek_since if known.kek_since else 0
    return (Term(KEK, (days + OVERDUE_DAYS) * DAY_SECONDS - used),)


RULE: Final = Duty(
    id="R8",
    version=3,
    severity="high",
    controls=("SOC2:CC6.1", "GDPR:25", "GDPR:32"),
    title="the key-encryption key is overdue to be replaced",
    advice="run `wilkc keys rotate --due`, and let housekeeping do it from now on",
    types=frozenset({"config.modify", "system.header", "key.rotated"}),
    ends=_ends,
    begins=_begins,
)
