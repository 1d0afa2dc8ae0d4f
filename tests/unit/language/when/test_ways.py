"""Ways in which conditions hold together: none is missing, and each that is shown comes about."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from tests.property.whens import lowered, near_conditions, random_when
from wilkc.core.contract import Request
from wilkc.language.when import (
    ROLES,
    Networks,
    OneOf,
    Present,
    Range,
    Stretch,
    TooManyError,
    When,
    Window,
    always,
    example,
    implies,
    showing,
    ways,
)

if TYPE_CHECKING:
    from wilkc.language.when import Held

ASKED = Request("a", "read", "file", "./a")
TIME, ENV, IP, SIZE = "context.time", "context.env", "context.ip", "resource.size"
OFFICE = Window(9 * 60, 17 * 60, "Europe/Berlin", (0, 1, 2, 3, 4))


def _one(attribute: str, test: Any) -> When:
    return When.of([(attribute, test)])


def _drawn(rng: random.Random) -> When:
    return lowered(random_when(rng))


@pytest.mark.parametrize("place", range(8))
def test_every_request_meets_conditions_in_a_listed_way(place: int) -> None:
    rng = random.Random(f"ways {place}")
    whens = list(dict.fromkeys(_drawn(rng) for _ in range(3)))
    otherwise: dict[When, Held] = {when: rng.choice([True, False, None]) for when in whens}
    listed = ways(otherwise, 256, found=False)
    assert ways(otherwise, 256, found=True).keys() == listed.keys()
    met = set()
    for _ in range(1500):
        asked = near_conditions(rng, ASKED, hostile=True)
        roles = tuple(rng.sample(["role0", "role1", "role2"], rng.randint(0, 3)))
        held = {when: when.holds(asked, roles) for when in whens}
        states = tuple(otherwise[w] if h is None else h for w, h in held.items())
        assert states in listed, (asked, roles)
        met.add(states)
    assert len(met) > 1


@pytest.mark.parametrize("place", range(8))
def test_every_way_with_values_comes_about_by_them(place: int) -> None:
    rng = random.Random(f"values {place}")
    whens = list(dict.fromkeys(_drawn(rng) for _ in range(3)))
    found = ways(dict.fromkeys(whens), 256, found=True)
    assert any(way.found for way in found.values())
    for states, way in found.items():
        if not way.found or "subject.id" in way.shown:
            continue
        asked = showing(ASKED, way.shown)
        roles = way.shown.get(ROLES, ())
        held = tuple(when.holds(asked, tuple(roles)) for when in whens)
        if isinstance(roles, str) or {*roles} != {*map(str, roles)}:
            continue
        if not any(name == "subject.id" for when in whens for name, _ in when.tests):
            assert held == states, way


IMPLIED: list[tuple[When, When]] = [
    (_one(ENV, OneOf(("a",))), _one(ENV, OneOf(("a", "b")))),
    (_one(ENV, OneOf(("a",))), _one(ENV, OneOf(("b",), negated=True))),
    (_one(ENV, OneOf(("a",))), _one(ENV, Present())),
    (_one(IP, Networks(("10.1.0.0/16",))), _one(IP, Networks(("10.0.0.0/8", "::1/128")))),
    (_one(SIZE, Range(5, 6)), _one(SIZE, Range(5))),
    (_one(SIZE, OneOf((5, 6))), _one(SIZE, Range(5, 7))),
    (_one(TIME, Stretch(end="2026-01-01T00:00:00")), _one(TIME, Stretch())),
    (_one(TIME, Window(600, 660, "Europe/Berlin", (1,))), _one(TIME, OFFICE)),
    (When.of([(ENV, OneOf(("a",))), (SIZE, Range(1))]), _one(SIZE, Range(0))),
]


@pytest.mark.parametrize("pair", IMPLIED, ids=lambda pair: str(pair[0])[:60])
@pytest.mark.parametrize("unshown", [False, True])
def test_a_condition_implies_a_wider_one_and_not_the_other_way(
    pair: tuple[When, When], unshown: bool
) -> None:
    one, other = pair
    if not unshown:
        assert implies(one, other, unshown=False)
        assert not implies(other, one, unshown=False)
    elif len(one.tests) == 1 and not isinstance(other.tests[0][1], Present):
        assert implies(one, other, unshown=True)


def test_windows_of_different_zones_imply_nothing() -> None:
    london = Window(9 * 60, 17 * 60, "Europe/London", (0, 1, 2, 3, 4))
    assert not implies(_one(TIME, OFFICE), _one(TIME, london), unshown=False)


@pytest.mark.parametrize(
    ("attribute", "test", "holds"),
    [
        (IP, Networks(("0.0.0.0/0", "::/0")), True),
        (IP, Networks(("0.0.0.0/0",)), False),
        (SIZE, Range(0), True),
        (SIZE, Range(1), False),
        (ENV, OneOf((False, True)), True),
        (ENV, OneOf(("a",), negated=True), False),
        (ENV, Present(), False),
        (TIME, Window(0, 1440, "UTC", tuple(range(7))), True),
        (TIME, Window(0, 1439, "UTC", tuple(range(7))), False),
    ],
)
def test_what_holds_of_every_value_is_known(attribute: str, test: Any, holds: bool) -> None:
    assert always(attribute, test) == holds


def test_an_example_shows_that_a_condition_holds() -> None:
    rng = random.Random("examples")
    shown = 0
    for _ in range(60):
        when = _drawn(rng)
        asked = showing(ASKED, example(when))
        others = When(tuple(one for one in when.tests if not one[0].startswith("subject.")))
        if others.tests and example(when):
            assert others.holds(asked), when
            shown += 1
    assert shown > 20


@pytest.mark.parametrize(
    ("attribute", "tests", "kinds"),
    [
        (SIZE, (Range(5), OneOf((4,))), 4),
        (SIZE, (Range(5, 5), OneOf((0, 4, 5, 6))), 4),
        (SIZE, (Range(most=3), Range(2)), 4),
        (IP, (Networks(("10.0.0.0/31",)), OneOf(("10.0.0.0", "10.0.0.1"))), 4),
        (IP, (Networks(("10.0.0.0/30",)), OneOf(("10.0.0.0", "10.0.0.1", "10.0.0.2"))), 5),
        (IP, (Networks(("::1/128",)), Networks(("2001:db8::/32", "0.0.0.0/0"))), 4),
        (IP, (Networks(("::/0",)), Networks(("::1/128",))), 4),
        (ENV, (OneOf(("a", "b")), OneOf(("b", "c")), OneOf((1,))), 7),
        ("subject.properties.g", (OneOf(("a",), listed=True), OneOf(("b",), listed=True)), 5),
        ("subject.properties.g", (OneOf(("a",), True, True), OneOf(("a", "b"), listed=True)), 4),
    ],
)
def test_every_kind_of_values_is_found(attribute: str, tests: tuple[Any, ...], kinds: int) -> None:
    whens = [_one(attribute, test) for test in tests]
    found = ways(dict.fromkeys(whens), 256, found=True)
    assert len(found) == kinds, sorted(found, key=repr)


def test_more_ways_than_are_wanted_are_an_error() -> None:
    whens = [_one(f"context.a{place}", OneOf(("x",))) for place in range(4)]
    assert len(ways(dict.fromkeys(whens, False), 16, found=False)) == 16
    with pytest.raises(TooManyError):
        ways(dict.fromkeys(whens, False), 15, found=False)


def test_minutes_of_a_window_over_midnight_belong_to_the_day_on_which_it_begins() -> None:
    assert Window(22 * 60, 6 * 60, "UTC", (6,)).minutes == ((0, 360), (6 * 1440 + 1320, 10080))
    assert Window(0, 1440, "UTC", (0, 1)).minutes == ((0, 2880),)


@pytest.mark.parametrize(("one", "other"), [(1, True), (0, False)])
def test_a_condition_on_a_number_is_none_on_a_truth_value(one: int, other: bool) -> None:
    number, truth = (_one(SIZE, OneOf((value,))) for value in (one, other))
    assert number != truth
    assert len({number, truth, _one(SIZE, OneOf((one,)))}) == 2
    assert not implies(number, truth, unshown=False)
    assert number.holds(showing(ASKED, {SIZE: one})) is True
    assert number.holds(showing(ASKED, {SIZE: other})) is None
