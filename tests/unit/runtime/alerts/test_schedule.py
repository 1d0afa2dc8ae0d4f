"""Which reports are due: each standard, each month that ended, until it is on record."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from wilkc.runtime.alerts.schedule import due_reports

BEGUN = "2026-01-15T10:00:00.000000Z"


def _us(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


def _names(*standards: str, issued: Any = (), since: str = BEGUN, now: str) -> list[str]:
    return [one.name for one in due_reports(standards, issued, since, _us(now))]


def test_a_month_is_due_when_it_has_ended() -> None:
    assert _names("SOC2", now="2026-01-31T23:59:59") == []
    assert _names("SOC2", now="2026-02-01T00:00:00") == ["SOC2-2026-01"]
    assert _names("SOC2", "GDPR", now="2026-03-01T00:00:01") == [
        "GDPR-2026-01", "SOC2-2026-01", "GDPR-2026-02", "SOC2-2026-02",
    ]  # fmt: skip


def test_its_period_is_the_whole_month_of_utc() -> None:
    (due,) = due_reports(["SOC2"], (), "2024-02-01T00:00:00.000000Z", _us("2024-03-02T00:00:00"))
    assert (due.start, due.end) == ("2024-02-01T00:00:00.000000Z", "2024-03-01T00:00:00.000000Z")


def test_what_was_issued_is_not_due_again() -> None:
    (due,) = due_reports(["SOC2"], (), BEGUN, _us("2026-02-05T00:00:00"))
    issued = [{"standard": "SOC2", "period": {"from": due.start, "to": due.end}}]
    assert _names("SOC2", issued=issued, now="2026-02-05T00:00:00") == []
    assert _names("GDPR", issued=issued, now="2026-02-05T00:00:00") == ["GDPR-2026-01"]
    assert _names("SOC2", issued=issued, now="2026-03-05T00:00:00") == ["SOC2-2026-02"]


def test_one_about_another_period_is_another_report() -> None:
    for period in ({"from": "2026-01-01T00:00:00.000000Z", "to": "x"}, None, 5, {}):
        issued = [{"standard": "SOC2", "period": period}]
        assert _names("SOC2", issued=issued, now="2026-02-05T00:00:00") == ["SOC2-2026-01"]


def test_it_is_overdue_after_three_days() -> None:
    for now, late in (("2026-02-03T23:59:59", False), ("2026-02-04T00:00:01", True)):
        (due,) = due_reports(["SOC2"], (), BEGUN, _us(now))
        assert due.overdue is late


def test_no_more_than_a_year_is_made_up_for() -> None:
    names = _names("SOC2", since="2020-01-01T00:00:00.000000Z", now="2026-02-05T00:00:00")
    assert len(names) == 12
    assert (names[0], names[-1]) == ("SOC2-2025-02", "SOC2-2026-01")


def test_nothing_is_due_of_a_log_that_begins_now_or_of_nothing() -> None:
    assert _names("SOC2", since="2026-02-01T00:00:00.000000Z", now="2026-02-05T00:00:00") == []
    assert _names(now="2026-02-05T00:00:00") == []
