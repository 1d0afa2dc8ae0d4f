"""R10 on records: segments that are kept past their time, whichever went before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.compliance.test_rules import HEADER, after, broken, declared
from wilkc.core.audit_settings import AuditSettings
from wilkc.runtime.compliance.judging import Judge

if TYPE_CHECKING:
    from tests.unit.runtime.compliance.conftest import Records

RETENTION = 2555
GRACE = 31
LATE = RETENTION + GRACE + 40
"""Days after which the first of two months is kept too long, and the second is not."""


def pruned(first: int, last: int, **more: Any) -> tuple[str, dict[str, Any]]:
    return "system.pruned", {"details": {"first": first, "last": last, **more}}


def logged(
    records: Records, *between: tuple[str, dict[str, Any]], days: float
) -> list[dict[str, Any]]:
    """Segments of two months, the second of two segments; then more, and a record after days."""
    made = [records.make(HEADER[0], **HEADER[1])]
    records.later(40)
    made += [records.make(HEADER[0], **HEADER[1]) for _ in range(2)]
    records.later(LATE - 40)
    return [*made, *after(records, days, *between)]


@pytest.mark.parametrize(
    "between",
    [
        (pruned(0, 0),),
        (pruned(0, 0), pruned(0, 0, again=True)),
        (pruned(0, 0), pruned(1, 1)),
        (pruned(0, 0), pruned(2, 2)),
        (pruned(0, 0), ("system.pruned", {"details": {"first": 1}})),
    ],
)
def test_one_pruning_gives_no_other_segment_more_time(between: Any, records: Records) -> None:
    made = logged(records, *between, days=40)
    judge = Judge()
    found = [one for record in made for one in judge.take(record) if one.duty.endswith("2027-01")]
    assert [(one.rule, one.seq) for one in found] == [("R10", 2)]


def test_segments_that_were_all_pruned_violate_nothing(records: Records) -> None:
    made = logged(records, pruned(1, 1), pruned(2, 2), days=400)
    judge = Judge()
    found = [one.duty for record in made for one in judge.take(record) if one.rule == "R10"]
    assert found == ["records 2026-11"]


def test_a_longer_retention_that_is_declared_later_counts(records: Records) -> None:
    longer = ("config.modify", declared(AuditSettings(retention_days=3 * RETENTION)))
    assert "R10" not in broken(after(records, LATE, HEADER, longer))
    shorter = ("config.modify", declared(AuditSettings(retention_days=RETENTION - 1)))
    assert "R10" in broken(after(records, LATE, HEADER, shorter))
