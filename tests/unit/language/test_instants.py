"""Instants: one spelling, read alike by the evaluator and by the expression for Rego."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tests.property.times import ODD_TIMES, TIMES
from wilkc.core.errors import PatternError
from wilkc.emit.tables import text_tables
from wilkc.language.instants import (
    EARLIEST,
    LATEST,
    instant_of,
    parse_instant,
    time_text,
)
from wilkc.language.when import Stretch, stretch, words

EXPRESSION = re.compile(text_tables()["time"]["instant"].replace("^", r"\A").replace("$", r"\Z"))
CHARS = "0123456789TZtz:.-+ \n٣"


def _both(value: Any) -> bool:
    """Whether it is a time, on which the two readers agree."""
    read = instant_of(value) is not None
    assert read == (isinstance(value, str) and EXPRESSION.fullmatch(value) is not None), value
    return read


@pytest.mark.parametrize("value", ODD_TIMES, ids=repr)
def test_what_is_spelt_otherwise_is_no_time(value: Any) -> None:
    assert not _both(value)


@pytest.mark.parametrize("value", TIMES)
def test_what_is_spelt_so_is_one(value: str) -> None:
    assert _both(value)


def test_every_day_of_the_calendar_and_no_other_is_one() -> None:
    for year in (*range(1970, 2200), 1969, 2200):
        for month in range(14):
            for day in (0, 1, 28, 29, 30, 31, 32):
                try:
                    datetime(year, month, day, tzinfo=UTC)
                    real = 1970 <= year < 2200
                except ValueError:
                    real = False
                assert _both(f"{year}-{month:02}-{day:02}T00:00:00Z") == real


def test_both_readers_agree_on_damaged_times() -> None:
    rng = random.Random("damaged times")
    accepted = 0
    for _ in range(20_000):
        text = list(rng.choice(TIMES))
        for _ in range(rng.randint(1, 2)):
            place = rng.randrange(len(text))
            text[place : place + rng.randint(0, 1)] = rng.choice(["", *CHARS])
        accepted += _both("".join(text))
    assert accepted > 1000


def test_an_end_is_no_part_of_it() -> None:
    test = Stretch("2026-11-28T09:00:00", "2026-11-28T12:00:00")
    shown = {
        "2026-11-28T08:59:59.999999999Z": False, "2026-11-28T09:00:00Z": True,
        "2026-11-28T09:00:00.0Z": True, "2026-11-28T11:59:59.999999999Z": True,
        "2026-11-28T12:00:00Z": False, "2026-11-28T12:00:00.000Z": False,
    }  # fmt: skip
    assert {time: test.holds(time) for time in shown} == shown
    assert Stretch().holds(None) is None
    assert all(Stretch().holds(odd) is None for odd in ODD_TIMES)


@pytest.mark.parametrize("text", ["2026-11-28T12:00:00.5Z", "2026-11-28", "", "tomorrow"])
def test_a_spec_names_whole_seconds_in_utc(text: str) -> None:
    assert parse_instant("2026-11-28T12:00:00Z") == "2026-11-28T12:00:00"
    with pytest.raises(PatternError) as caught:
        parse_instant(text)
    assert caught.value.code == "W114"


def test_a_clock_is_written_as_it_is_read() -> None:
    there = timezone(timedelta(hours=1))
    moment = datetime(2026, 11, 28, 13, 0, 0, 1500, tzinfo=there)
    assert time_text(moment) == "2026-11-28T12:00:00.001Z"
    assert _both(time_text(datetime.now(UTC)))


def test_people_read_both_ends() -> None:
    start, end = "2026-11-28T09:00:00", "2026-11-28T12:00:00"
    assert words(stretch(start, end)) == f" from {start}Z until {end}Z"
    assert words(stretch(EARLIEST, end)) == f" until {end}Z"
    assert words(stretch(start, LATEST)) == f" from {start}Z"
