"""R10 on content: what is sealed and kept past the time of its class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.compliance.test_rules import broken, declared
from wilkc.core.audit_settings import AuditSettings, ContentDays

if TYPE_CHECKING:
    from tests.unit.runtime.compliance.conftest import Records

MONTH = ContentDays(security=30)
"""Days for the class of the records that the fixture makes, of the end of November."""
DUE = 62
"""Days from then on after which a month's content is kept too long: 30, and 31 of grace."""
HOLD = {"details": {"id": "h"}}


def kept(
    records: Records, days: float, *between: tuple[str, dict[str, Any]], content: Any = MONTH
) -> list[dict[str, Any]]:
    """A declaration, a sealed record, more records, and one after so many days."""
    made = [
        records.make("config.modify", **declared(AuditSettings(content_days=content))),
        {**records.make("file.read", allow=True), "sealed": {"input": {}}},
        *(records.make(kind, **given) for kind, given in between),
    ]
    records.later(days)
    return [*made, records.make("auth.login")]


def expired(*content: str) -> tuple[str, dict[str, Any]]:
    return "key.destroyed", {"details": {"state": "expired", "content": list(content)}}


def test_content_past_the_time_of_its_class_violates(records: Records) -> None:
    assert "R10" in broken(kept(records, DUE + 2))


@pytest.mark.parametrize("other", ["security 2026-10", "access 2026-11", "segment"])
def test_the_end_of_other_content_does_not_excuse_it(records: Records, other: str) -> None:
    assert "R10" in broken(kept(records, DUE + 2, expired(other)))


def test_a_key_that_was_shredded_says_nothing_of_the_others(records: Records) -> None:
    shredded = {"details": {"state": "complete", "content": ["security 2026-11"]}}
    assert "R10" in broken(kept(records, DUE + 2, ("key.destroyed", shredded)))


@pytest.mark.parametrize(
    ("days", "between", "content"),
    [
        (DUE - 2, (), MONTH),
        (DUE + 2, (expired("security 2026-11"),), MONTH),
        (DUE + 2, (("hold.placed", HOLD),), MONTH),
        (1000, (), ContentDays()),
        (1000, (), ContentDays(access=30)),
    ],
)
def test_content_in_time_does_not(
    days: int, between: Any, content: ContentDays, records: Records
) -> None:
    assert "R10" not in broken(kept(records, days, *between, content=content))


def test_what_is_not_sealed_does_not_either(records: Records) -> None:
    assert "R10" not in broken([{**one, "sealed": {}} for one in kept(records, DUE + 2)])


def test_a_longer_time_that_is_declared_later_counts(records: Records) -> None:
    longer = declared(AuditSettings(content_days=ContentDays(security=400)))
    assert "R10" not in broken(kept(records, DUE + 2, ("config.modify", longer)))
    assert "R10" in broken(kept(records, 500, ("config.modify", longer)))
