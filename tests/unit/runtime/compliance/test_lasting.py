"""What was missed stays missed until it is done: it counts in each period that it lasts into."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.compliance.conftest import ORIGIN
from tests.unit.runtime.compliance.test_rules import (
    ASKED,
    GRAVE,
    HEADER,
    KEK,
    ONE,
    PRUNED,
    RAISE,
    TAKE,
)
from wilkc.runtime.audit.note import Checkpoint
from wilkc.runtime.compliance import read_period
from wilkc.runtime.compliance.body import report_body
from wilkc.runtime.compliance.gathering import Gathered
from wilkc.runtime.compliance.judging import Judge

if TYPE_CHECKING:
    from tests.unit.runtime.compliance.conftest import Records
    from wilkc.runtime.compliance import Standard

# The first record is of 30 November 2026.
JANUARY, FEBRUARY, MARCH, APRIL = (
    ("2027-01-01", "2027-01-31"), ("2027-02-01", "2027-02-28"),
    ("2027-03-01", "2027-03-31"), ("2027-04-01", "2027-04-30"),
)  # fmt: skip
DONE = ("key.destroyed", {"details": {"subject": ONE, "state": "complete"}})
ROTATED = ("key.rotated", KEK)
HOLD = ("hold.placed", {"details": {"id": "h"}})
Made = list[dict[str, Any]]
Steps = list[tuple[int, tuple[str, dict[str, Any]]]]


def logged(records: Records, steps: Steps, until: int = 150) -> Made:
    """What happens on some days, and a record every ten days until another."""
    made, day = [], 0
    for at, step in sorted([*steps, *((at, ("auth.login", {})) for at in range(0, until, 10))],
                           key=lambda one: one[0]):  # fmt: skip
        records.later(at - day)
        made.append(records.make(step[0], **step[1]))
        day = at
    return made


def body(made: Made, days: tuple[str, str], standard: Standard = "GDPR") -> dict[str, Any]:
    gathered = Gathered(standard, read_period(*days), len(made))
    for record in made:
        gathered.take(record)
    return report_body(gathered, Checkpoint(ORIGIN, len(made), bytes(32)))


def listed(made: Made, days: tuple[str, str], standard: Standard = "GDPR") -> list[str]:
    return [one["rule"] for one in body(made, days, standard)["violations"]]


def state(made: Made, days: tuple[str, str], control: str) -> str:
    states = {one["id"]: str(one["state"]) for one in body(made, days)["controls"]}
    return states[control]


def resolution(made: Made, rule: str) -> tuple[str, dict[str, Any]]:
    judge = Judge()
    [one] = [one for record in made for one in judge.take(record) if one.rule == rule]
    details = {"outcome": "resolved", "violation": one.id}
    return "review.recorded", {"actor_type": "user", "details": details}


def test_an_erasure_that_is_never_completed_violates_every_month(records: Records) -> None:
    made = logged(records, [(5, ASKED)])
    assert [listed(made, days).count("R9") for days in (JANUARY, FEBRUARY, MARCH)] == [1, 1, 1]
    assert state(made, MARCH, "17") == "violated"
    assert body(made, MARCH)["violations"][0]["at"] < MARCH[0]


def test_one_that_is_completed_late_violates_until_then(records: Records) -> None:
    made = logged(records, [(5, ASKED), (75, DONE)])
    assert [listed(made, days).count("R9") for days in (JANUARY, FEBRUARY, MARCH)] == [1, 1, 0]
    assert state(made, MARCH, "17") == "no_evidence"


def test_nothing_is_missed_before_its_term_is_over(records: Records) -> None:
    made = logged(records, [(40, ASKED)])
    assert [listed(made, days).count("R9") for days in (JANUARY, FEBRUARY)] == [0, 1]
    assert "R9" not in listed(logged(records, [(0, ASKED), (20, DONE)]), MARCH)


def test_a_key_that_is_never_replaced_violates_every_month_and_is_found_once(
    records: Records,
) -> None:
    headers: Steps = [(at, HEADER) for at in range(150)]
    made = logged(records, headers)
    assert [listed(made, days).count("R8") for days in (FEBRUARY, MARCH, APRIL)] == [0, 1, 1]
    assert found(made, "R8") == 1


def test_one_that_is_replaced_late_does_so_no_longer(records: Records) -> None:
    made = logged(records, [*((at, HEADER) for at in range(110)), (110, ROTATED)])
    assert [listed(made, days).count("R8") for days in (MARCH, APRIL)] == [1, 0]


def test_a_miss_that_shows_by_the_record_that_ends_it_is_of_both_months(records: Records) -> None:
    made = logged(records, [(5, ASKED), (66, DONE), (100, ("auth.login", {}))], until=0)
    assert [listed(made, days) for days in (JANUARY, FEBRUARY, MARCH)] == [["R9"], ["R9"], []]


@pytest.mark.parametrize(("day", "months"), [(45, [True, False]), (70, [True, True])])
def test_what_a_person_resolved_before_the_period_is_not_of_it(
    day: int, months: list[bool], records: Records
) -> None:
    first = logged(records, [(5, ASKED)], until=50)
    told = resolution(first, "R9")
    records.later(day - 40)
    made = [*first, records.make(told[0], **told[1])]
    records.later(60)
    made.append(records.make("auth.login"))
    told_of = [body(made, days)["violations"] for days in (JANUARY, FEBRUARY)]
    assert [bool(one) for one in told_of] == months
    assert all(one["resolved"] for month in told_of for one in month)
    assert state(made, FEBRUARY, "17") != "violated"


def test_what_is_resolved_and_not_done_is_owed_anew(records: Records) -> None:
    first = logged(records, [(at, HEADER) for at in range(98)], until=98)
    told = resolution(first, "R8")
    made = [*first, records.make(told[0], **told[1])]
    made += logged(records, [(at, HEADER) for at in range(1, 120)])
    assert found(made, "R8") == 2
    # Who only looked at it has resolved nothing.
    made[len(first)]["action"]["details"]["outcome"] = "reviewed"
    assert found(made, "R8") == 1


def found(made: Made, rule: str) -> int:
    judge = Judge()
    return sum(one.rule == rule for record in made for one in judge.take(record))


def test_nobody_can_be_told_in_time_later_on(records: Records) -> None:
    made = logged(records, [(33, GRAVE)])
    assert [listed(made, days, "SOC2") for days in (JANUARY, FEBRUARY)] == [["R12"], []]


def test_an_alert_that_nobody_takes_violates_until_somebody_does(records: Records) -> None:
    made = logged(records, [(33, RAISE), (70, TAKE)])
    months = [listed(made, days, "SOC2") for days in (JANUARY, FEBRUARY, MARCH)]
    assert months == [["R12"], ["R12"], []]


def test_what_a_hold_wants_now_is_not_kept_too_long(records: Records) -> None:
    # Overdue on 30 December 2033.
    held: Steps = [(0, HEADER), (2600, HOLD), (2700, ("auth.login", {}))]
    days = ("2034-03-01", "2034-05-31")
    assert "R10" not in listed(logged(records, held, until=0), days)


def test_and_without_one_it_is_until_it_is_pruned(records: Records) -> None:
    days = ("2034-03-01", "2034-05-31")
    kept: Steps = [(0, HEADER), (2600, ("auth.login", {})), (2700, ("auth.login", {}))]
    assert "R10" in listed(logged(records, kept, until=0), days)


def test_what_was_pruned_late_is_kept_no_longer(records: Records) -> None:
    done: Steps = [(0, HEADER), (2610, PRUNED), (2700, ("auth.login", {}))]
    made = logged(records, done, until=0)
    assert "R10" in listed(made, ("2033-12-01", "2033-12-31"))
    assert "R10" not in listed(made, ("2034-03-01", "2034-05-31"))


def test_a_kept_state_knows_what_was_missed(records: Records) -> None:
    judge = Judge()
    made = logged(records, [(5, ASKED)])
    for record in made:
        judge.take(record)
    again = Judge.from_json(judge.as_json())
    ts = made[-1]["ts"]
    assert again.lasting(ts) == judge.lasting(ts) != []
