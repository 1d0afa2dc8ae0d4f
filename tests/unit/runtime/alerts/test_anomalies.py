"""What an agent usually does, and what it does not: whole numbers that a rerun agrees with."""

from __future__ import annotations

import json
import random
import statistics
from typing import TYPE_CHECKING

import pytest

from wilkc.runtime.alerts.anomaly import Anomaly
from wilkc.runtime.alerts.anomaly.history import MAX_KNOWN
from wilkc.runtime.alerts.anomaly.numbers import median, refused_too_often, usual
from wilkc.runtime.alerts.anomaly.rule import MAX_AGENTS

if TYPE_CHECKING:
    from tests.unit.runtime.alerts.conftest import Happening
    from wilkc.runtime.alerts import Seen
    from wilkc.runtime.alerts.model import Finding

HOUR = 3600
DAY = 24 * HOUR


def _look(rule: Anomaly, *seen: Seen) -> list[Finding]:
    return [finding for one in seen for finding in rule.look(one)]


def _days(happens: Happening, days: int, per_hour: int = 10) -> list[Seen]:
    """An agent that reads in three hours of each day, so many times."""
    return [
        happens.grant(day * DAY + hour * HOUR + place)
        for day in range(days)
        for hour in range(3)
        for place in range(per_hour)
    ]


def _numbers(finding: Finding) -> dict[str, int | str]:
    return {one.name: one.value for one in finding.numbers}


@pytest.mark.parametrize("seed", range(20))
def test_the_median_is_that_of_the_standard_library_rounded_down(seed: int) -> None:
    print("seed", seed)
    dice = random.Random(seed)
    values = [dice.randrange(1000) for _ in range(dice.randrange(1, 60))]
    assert median(values) == int(statistics.median(values))


def test_the_threshold_is_the_median_and_six_deviations_and_at_least_20() -> None:
    assert usual([]).threshold == 20
    assert usual([1, 2, 3]).threshold == 20
    found = usual([100, 110, 90, 120, 80])
    assert (found.median, found.mad, found.threshold) == (100, 10, 160)


@pytest.mark.parametrize(
    ("asked", "denied", "usual_asked", "usual_denied", "unusual"),
    [
        (20, 5, 1000, 100, True),
        (20, 4, 1000, 100, False),  # exactly twice the usual share
        (19, 19, 1000, 0, False),  # too few requests
        (20, 1, 1000, 0, False),  # less than a tenth
        (20, 2, 1000, 0, True),
        (20, 3, 1000, 0, True),
    ],
)
def test_the_share_of_refusals(
    asked: int, denied: int, usual_asked: int, usual_denied: int, unusual: bool
) -> None:
    assert refused_too_often(asked, denied, usual_asked, usual_denied) is unusual


def test_a_rate_far_above_the_usual_one_is_told_once_with_its_numbers(
    happens: Happening,
) -> None:
    rule = Anomaly()
    assert _look(rule, *_days(happens, 10)) == []
    found = _look(rule, *(happens.grant(10 * DAY + place) for place in range(40)))
    assert [_numbers(one) for one in found] == [
        {"count": 21, "hours": 30, "kind": "file.read", "mad": 0, "median": 10, "threshold": 20}
    ]


def test_a_rate_at_the_threshold_is_usual(happens: Happening) -> None:
    rule = Anomaly()
    _look(rule, *_days(happens, 10))
    assert _look(rule, *(happens.grant(10 * DAY + place) for place in range(20))) == []


def test_the_hour_after_is_told_anew(happens: Happening) -> None:
    rule = Anomaly()
    _look(rule, *_days(happens, 10))
    burst = [happens.grant(10 * DAY + place * 60) for place in range(120)]
    assert len(_look(rule, *burst)) == 2


def test_more_refusals_than_usual(happens: Happening) -> None:
    rule = Anomaly()
    _look(rule, *_days(happens, 10))
    asked = [happens.grant(10 * DAY + place) for place in range(15)]
    denied = [happens.denial(10 * DAY + 100 + place) for place in range(5)]
    found = _look(rule, *asked, *denied)
    assert [_numbers(one)["denied"] for one in found] == [5]
    assert _numbers(found[0]) == {
        "asked": 20, "denied": 5, "share_permille": 250, "usual_asked": 300, "usual_permille": 0,
    }  # fmt: skip


def test_refusals_that_are_usual_are_no_anomaly(happens: Happening) -> None:
    rule = Anomaly()
    usual_days = [
        (happens.denial if place % 3 == 0 else happens.grant)(day * DAY + place * 100)
        for day in range(10)
        for place in range(30)
    ]
    _look(rule, *usual_days)
    seen = [
        (happens.denial if place % 2 == 0 else happens.grant)(10 * DAY + place)
        for place in range(20)
    ]
    assert _look(rule, *seen) == []


@pytest.mark.parametrize(
    ("kind", "resource", "what", "value"),
    [
        ("file.read", "file:/etc/passwd", "top_folder", "/etc"),
        ("file.read", "file:./docs/a.md", "top_folder", "docs"),
        ("file.read", "file:./README", "top_folder", "."),
        ("network.request", "network:https://a.example:8443/x/y", "host", "a.example:8443"),
        ("network.request", "network:a.example:443", "host", "a.example:443"),
        ("shell.execute", "shell:curl", "program", "curl"),
    ],
)
def test_what_was_never_done_is_new_once(
    kind: str, resource: str, what: str, value: str, happens: Happening
) -> None:
    rule = Anomaly()
    _look(rule, *_days(happens, 10))
    seen = [happens.grant(10 * DAY + place, kind=kind, resource=resource) for place in range(2)]
    found = [_numbers(one) for one in _look(rule, *seen)]
    assert {"what": what, "value": value} in found
    assert [one["what"] for one in found].count(what) == 1


def test_what_was_not_done_for_30_days_is_new_again(happens: Happening) -> None:
    rule = Anomaly()
    once = happens.grant(7 * DAY, resource="file:./other/x")
    days = _days(happens, 60)
    _look(rule, *days[:210], once, *(one for one in days[210:]))
    again = happens.grant(60 * DAY, resource="file:./other/x")
    found = [_numbers(one) for one in _look(rule, again)]
    assert {"what": "top_folder", "value": "other"} in found


def test_an_hour_of_the_week_in_which_it_never_worked(happens: Happening) -> None:
    rule = Anomaly()
    _look(rule, *_days(happens, 14))
    found = _look(rule, happens.grant(14 * DAY + 12 * HOUR))
    assert [_numbers(one)["what"] for one in found] == ["hour_of_week"]


@pytest.mark.parametrize(("days", "per_hour"), [(6, 50), (10, 5)])
def test_nothing_is_unusual_before_7_days_and_200_records(
    days: int, per_hour: int, happens: Happening
) -> None:
    rule = Anomaly()
    seen = _days(happens, days, per_hour)
    _look(rule, *seen)
    strange = happens.grant(days * DAY, kind="shell.execute", resource="shell:nc")
    assert rule.warming_up("reviewer", strange.at_us)
    assert _look(rule, strange) == []


def test_unknown_agents_push_no_known_one_out(happens: Happening) -> None:
    rule = Anomaly()
    _look(rule, *_days(happens, 10))
    for place in range(MAX_AGENTS + 1):
        _look(rule, happens.denial(10 * DAY, agent=f"x{place}", reason="NO_PERMISSIONS"))
    assert not rule.warming_up("reviewer", happens.grant(10 * DAY).at_us)
    for place in range(MAX_AGENTS):
        _look(rule, happens.grant(10 * DAY, agent=f"x{place}"))
    assert rule.warming_up("reviewer", happens.grant(10 * DAY).at_us)


def test_more_hosts_than_can_be_remembered_are_not_all_called_new(happens: Happening) -> None:
    rule = Anomaly()
    _look(rule, *_days(happens, 10))
    found = _look(
        rule,
        *(
            happens.grant(10 * DAY, resource=f"network:h{place}.example:443")
            for place in range(MAX_KNOWN + 50)
        ),
    )
    assert [_numbers(one).get("what") for one in found].count("host") == MAX_KNOWN


def test_a_rerun_and_an_interrupted_run_find_the_same(happens: Happening) -> None:
    dice = random.Random(7)
    seen = sorted(
        (
            happens.grant(dice.randrange(20 * DAY), resource=f"file:./f{dice.randrange(30)}/x")
            for _ in range(3000)
        ),
        key=lambda one: one.at_us,
    )
    seen += [happens.grant(20 * DAY + place) for place in range(60)]
    whole = _look(Anomaly(), *seen)
    assert whole == _look(Anomaly(), *seen)
    cut = len(seen) - 20
    first, second = Anomaly(), Anomaly()
    found = _look(first, *seen[:cut])
    second.load(json.loads(json.dumps(first.as_json())))
    assert found + _look(second, *seen[cut:]) == whole
    assert whole
