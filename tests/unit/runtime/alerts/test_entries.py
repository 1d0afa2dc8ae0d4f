"""One alert on its way: what is due when, by a clock that the test moves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from wilkc.runtime.alerts import Engine
from wilkc.runtime.alerts.entry import (
    MOST_ATTEMPTS,
    UNANSWERED,
    UNDELIVERED,
    Delivery,
    Entry,
    Note,
)
from wilkc.runtime.alerts.outbox import FORMAT

if TYPE_CHECKING:
    from tests.unit.runtime.alerts.conftest import Happening

SECOND = 1_000_000
NOW = 1_800_000_000 * SECOND
HOUR = 3600


def _entry(
    happens: Happening, *channels: str, escalation: str = "", severity: str = "high"
) -> Entry:
    alert = Engine().take(happens("file.delete", risk=severity))[0]
    deliveries = tuple(Delivery(name) for name in channels)
    return Entry(FORMAT, alert, False, NOW, deliveries, (), "", escalation)


def _due(entry: Entry, after_s: float) -> list[str]:
    return [one.channel for one in entry.due(NOW + round(after_s * SECOND))]


def test_retries_come_after_1_5_30_120_and_600_seconds_then_hourly(happens: Happening) -> None:
    entry, at_s = _entry(happens, "ops"), 0.0
    for wait in (1, 5, 30, 120, 600, HOUR, HOUR):
        entry = entry.missed("ops", "status_refused", NOW + round(at_s * SECOND), 0)
        assert _due(entry, at_s + wait - 0.001) == []
        assert _due(entry, at_s + wait) == ["ops"]
        at_s += wait


@pytest.mark.parametrize(("jitter", "wait"), [(1000, 3960), (-1000, 3240), (500, 3780)])
def test_hourly_attempts_are_spread_by_a_tenth(jitter: int, wait: int, happens: Happening) -> None:
    entry = _entry(happens, "ops")
    for _ in range(6):
        entry = entry.missed("ops", "status_refused", NOW, jitter)
    assert (_due(entry, wait - 1), _due(entry, wait)) == ([], ["ops"])


def test_the_sixth_failure_is_put_on_record_once_and_escalates(happens: Happening) -> None:
    entry = _entry(happens, "ops", escalation="oncall")
    for attempt in range(1, 9):
        entry = entry.missed("ops", "timed_out", NOW, 0)
        assert [one.channel for one in entry.deliveries] == (
            ["ops"] if attempt < 6 else ["ops", "oncall"]
        )
    assert entry.owed == (Note("alert.failed", "ops", 6, "timed_out"),)
    assert entry.deliveries[1].escalated == UNDELIVERED


def test_after_24_hours_it_is_given_up_on_record(happens: Happening) -> None:
    entry = _entry(happens, "ops", escalation="oncall")
    late = entry.missed("ops", "timed_out", NOW + 24 * HOUR * SECOND, 0)
    assert late.deliveries[0].state == "given_up"
    assert late.owed == (Note("alert.failed", "ops", 1, "timed_out"),)
    assert late.deliveries[1].channel == "oncall"
    assert not late.done


@pytest.mark.parametrize("back_s", [1, 24 * HOUR, 365 * 24 * HOUR])
def test_a_clock_that_was_set_back_gives_nothing_up_but_in_the_end(
    back_s: int, happens: Happening
) -> None:
    entry = _entry(happens, "ops")
    for attempt in range(1, MOST_ATTEMPTS + 1):
        entry = entry.missed("ops", "timed_out", NOW - back_s * SECOND, 0)
        ended = attempt == MOST_ATTEMPTS
        assert entry.deliveries[0].state == ("given_up" if ended else "waiting")
    assert entry.owed == (Note("alert.failed", "ops", 6, "timed_out"),)


def test_an_escalation_that_fails_is_on_record_and_escalates_to_nobody(
    happens: Happening,
) -> None:
    entry = _entry(happens, "oncall", escalation="oncall")
    for _ in range(6):
        entry = entry.missed("oncall", "timed_out", NOW, 0)
    assert [one.channel for one in entry.deliveries] == ["oncall"]
    assert entry.owed == (Note("alert.failed", "oncall", 6, "timed_out"),)


def test_it_is_done_when_every_channel_has_it_and_nothing_is_owed(happens: Happening) -> None:
    entry = _entry(happens, "ops", "mail")
    entry = entry.delivered("ops")
    assert not entry.recorded(1).done
    entry = entry.delivered("mail")
    assert not entry.done
    assert entry.owed == (Note("alert.delivered", "ops", 1), Note("alert.delivered", "mail", 1))
    assert entry.recorded(2).done


def test_a_critical_one_that_nobody_answers_escalates_after_15_minutes(
    happens: Happening,
) -> None:
    entry = _entry(happens, "ops", escalation="oncall", severity="critical").delivered("ops")
    entry = entry.recorded(1)
    assert entry.reminded(NOW + 899 * SECOND) == entry
    assert not entry.done
    late = entry.reminded(NOW + 900 * SECOND)
    assert [(one.channel, one.escalated) for one in late.deliveries[1:]] == [("oncall", UNANSWERED)]
    assert late.reminded(NOW + 9000 * SECOND) == late
    assert late.delivered("oncall").recorded(1).done


def test_a_critical_one_that_somebody_answers_does_not(happens: Happening) -> None:
    entry = _entry(happens, "ops", escalation="oncall", severity="critical").delivered("ops")
    answered = entry.answered("ann")
    assert answered.reminded(NOW + 900 * SECOND) == answered
    assert answered.owed[-1] == Note("alert.acknowledged", by="ann")
    assert answered.answered("ben") == answered
    assert answered.recorded(2).done


def test_one_that_is_less_needs_no_answer(happens: Happening) -> None:
    entry = _entry(happens, "ops", escalation="oncall").delivered("ops").recorded(1)
    assert entry.done
    assert entry.reminded(NOW + 900 * SECOND) == entry


def test_without_an_escalation_those_are_told_again_who_were_told(happens: Happening) -> None:
    entry = _entry(happens, "ops", severity="critical").delivered("ops").recorded(1)
    late = entry.reminded(NOW + 900 * SECOND)
    assert _due(late, 900) == ["ops"]
    assert late.delivered("ops").recorded(1).done


@pytest.mark.parametrize("back_s", [2 * HOUR, 24 * HOUR, 365 * 24 * HOUR])
def test_a_clock_that_was_set_back_makes_it_due(back_s: int, happens: Happening) -> None:
    entry = _entry(happens, "ops").missed("ops", "timed_out", NOW, 0)
    assert _due(entry, -back_s) == ["ops"]
    critical = _entry(happens, "ops", severity="critical")
    assert critical.reminded(NOW - back_s * SECOND) != critical


def test_a_total_needs_no_answer(happens: Happening) -> None:
    entry = replace(_entry(happens, "ops", severity="critical"), final=True)
    assert entry.name == f"{entry.alert.id}-total"
    assert entry.delivered("ops").recorded(1).done
