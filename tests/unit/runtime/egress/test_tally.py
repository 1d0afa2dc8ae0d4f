"""Refusals without a record of their own: told in sums, never without end, never lost."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import log2

import pytest

from wilkc.core.sandbox_plan import Quantity
from wilkc.runtime.egress.meter import Meter
from wilkc.runtime.egress.tally import Tally


@dataclass
class _Book:
    """Takes down what is told, or cannot."""

    fails: bool = False
    told: list[tuple[str, int]] = field(default_factory=list)

    def refused_without(self, detail: str, count: int) -> bool:
        if not self.fails:
            self.told.append((detail, count))
        return not self.fails


def _tally() -> tuple[Tally, Meter, _Book]:
    meter, book = Meter(Quantity(10, 10, "bytes", "hard")), _Book()
    return Tally(book, meter), meter, book  # type: ignore[arg-type]


def test_nothing_is_told_of_nothing() -> None:
    tally, _, book = _tally()
    tally.look()
    tally.look(last=True)
    assert book.told == []


@pytest.mark.parametrize(
    ("counted", "detail"),
    [
        ({"malformed": 1}, "malformed_request"),
        ({"crowded": 1}, "too_many_connections"),
        ({"spent": 1}, "network_limit_exceeded"),
    ],
)
def test_the_first_of_each_kind_is_told_at_once(counted: dict[str, int], detail: str) -> None:
    tally, meter, book = _tally()
    meter.add(**counted)
    tally.look()
    assert book.told == [(detail, 1)]
    # What has a record of its own is not counted a second time.
    meter.add(refused=1, over=1)
    tally.look(last=True)
    assert book.told == [(detail, 1)]


@pytest.mark.parametrize("count", [1, 2, 3, 1000, 4096, 9999])
def test_a_flood_fills_no_log_and_its_sum_is_told(count: int) -> None:
    tally, meter, book = _tally()
    for _ in range(count):
        meter.add(malformed=1)
        tally.look()
    tally.look(last=True)
    assert book.told[-1] == ("malformed_request", count)
    assert len(book.told) <= log2(count) + 2
    tally.look(last=True)
    assert book.told.count(("malformed_request", count)) == 1


def test_what_could_not_be_recorded_is_told_later() -> None:
    tally, meter, book = _tally()
    book.fails = True
    meter.add(crowded=3)
    tally.look()
    tally.look(last=True)
    assert book.told == []
    book.fails = False
    tally.look(last=True)
    assert book.told == [("too_many_connections", 3)]
