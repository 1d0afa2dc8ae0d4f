"""What samples mean: alerts once per crossing, slowing down, letting go, the end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from wilkc.core.sandbox_plan import Limits, Quantity
from wilkc.runtime.sandbox.judging import FAILED, MONITORING, WARNING, Judge, Ruling
from wilkc.runtime.sandbox.usage import NO_TRAFFIC, Disk, Traffic, Usage, since

NOTHING = Usage(cpu_ms=0, cpu=0, memory=0, disk=Disk(0, 0, 0, 0), traffic=NO_TRAFFIC, disk_rate=0)
ALL = frozenset({"cpu", "memory", "disk", "network"})


def _limits(enforcement: Any, **more: Any) -> Limits:
    return Limits(
        cpu=Quantity(100, 80, "percent", enforcement),
        memory=Quantity(1000, 800, "bytes", enforcement),
        disk=Quantity(1000, 800, "bytes", enforcement),
        network=Quantity(1000, 800, "bytes", enforcement),
        **more,
    )


def _judge(enforcement: Any, unkept: frozenset[str] = ALL, **more: Any) -> Judge:
    return Judge(_limits(enforcement, **more), unkept)


def _told(rulings: list[Ruling]) -> list[list[tuple[str, str]]]:
    return [[(one.type, one.resource) for one in ruling.alerts] for ruling in rulings]


def test_a_crossing_is_told_once_and_armed_again_well_below() -> None:
    judge = _judge("hard")
    values = (700, 800, 900, 790, 850, 699, 800)
    told = _told([judge.take(replace(NOTHING, memory=value)) for value in values])
    one = [(WARNING, "memory")]
    assert told == [[], one, [], [], [], [], one]


@pytest.mark.parametrize(
    ("usage", "resource"),
    [
        ({"memory": 1001}, "memory"),
        ({"disk": Disk(0, 0, 0, 1001)}, "disk"),
        ({"traffic": Traffic(600, 401, 1)}, "network"),
    ],
)
def test_a_hard_limit_that_samples_keep_ends_the_launch(usage: Any, resource: str) -> None:
    assert _judge("hard").take(replace(NOTHING, **usage)).end == resource
    assert _judge("hard", frozenset()).take(replace(NOTHING, **usage)).end == ""


def test_usage_at_its_limit_ends_nothing() -> None:
    usage = replace(NOTHING, memory=1000, disk=Disk(0, 0, 0, 1000), traffic=Traffic(1000, 0, 1))
    assert _judge("hard").take(usage).end == ""


def test_processor_time_ends_a_launch_after_two_samples_in_a_row() -> None:
    judge = _judge("hard")
    values = (150, 50, 150, 104, 106, 106)
    ends = [judge.take(replace(NOTHING, cpu=value)).end for value in values]
    assert ends == ["", "", "", "", "", "cpu"]


def test_a_rate_ends_a_launch_after_two_samples_in_a_row() -> None:
    disk = Quantity(1000, 800, "bytes_per_second", "hard")
    judge = Judge(replace(_limits("hard"), disk=disk), frozenset({"disk"}))
    values = (5000, 900, 5000, 1050, 1051, 1051)
    ends = [judge.take(replace(NOTHING, disk_rate=value)).end for value in values]
    assert ends == ["", "", "", "", "", "disk"]


def test_all_processor_time_that_was_granted_ends_the_launch() -> None:
    judge = _judge("hard", frozenset(), cpu_time_ms=500)
    assert judge.take(replace(NOTHING, cpu_ms=500)).end == ""
    assert judge.take(replace(NOTHING, cpu_ms=501)).end == "cpu"


def test_a_soft_limit_slows_down_until_three_calm_samples() -> None:
    judge = _judge("soft")
    values = (900, 1001, 900, 799, 799, 800, 799, 799, 799)
    rulings = [judge.take(replace(NOTHING, memory=value)) for value in values]
    slow = [bool(ruling.slow) for ruling in rulings]
    assert slow == [False, True, True, True, True, True, True, True, False]
    assert {ruling.end for ruling in rulings} == {""}
    assert _told(rulings)[:2] == [[(WARNING, "memory")], [(WARNING, "memory")]]
    assert [one.threshold for ruling in rulings for one in ruling.alerts] == [800, 1000]


def test_monitoring_tells_and_does_nothing_else() -> None:
    judge = _judge("monitoring")
    rulings = [judge.take(replace(NOTHING, memory=value)) for value in (900, 5000, 6000, 1)]
    assert _told(rulings) == [[(WARNING, "memory")], [(MONITORING, "memory")], [], []]
    assert {(ruling.end, ruling.slow) for ruling in rulings} == {("", frozenset())}


def test_two_failures_in_a_row_end_what_samples_keep() -> None:
    judge = _judge("hard")
    assert judge.failed() == Ruling(judge.failed().alerts, frozenset(), "")
    judge = _judge("hard")
    ends = [judge.failed().end, judge.take(NOTHING).end, judge.failed().end, judge.failed().end]
    assert ends == ["", "", "", "monitoring"]
    assert _told([judge.failed()]) == [[(FAILED, "monitoring")]]


@pytest.mark.parametrize(("enforcement", "unkept"), [("hard", frozenset()), ("soft", ALL)])
def test_failures_end_nothing_that_samples_do_not_keep(enforcement: Any, unkept: Any) -> None:
    judge = _judge(enforcement, unkept)
    assert [judge.failed().end for _ in range(3)] == ["", "", ""]


def test_a_value_that_cannot_be_read_is_a_failure_where_samples_keep_it() -> None:
    judge = _judge("hard")
    blind = replace(NOTHING, disk=Disk())
    assert [judge.take(blind).end for _ in range(2)] == ["", "monitoring"]
    assert _told([judge.take(blind)]) == [[(FAILED, "disk")]]
    kept = _judge("hard", frozenset({"memory"}))
    assert [kept.take(blind).end for _ in range(3)] == ["", "", ""]


def test_rates_are_of_the_time_between_two_samples() -> None:
    before = replace(NOTHING, after_ms=1000, cpu_ms=100)
    now = Usage(3000, cpu_ms=1100, disk=Disk(None, None, 4000, 1000), traffic=Traffic(500, 1500, 2))
    found = since(now, before)
    assert (found.cpu, found.disk_rate, found.traffic_rate) == (50, 2000, 1000)
    assert since(before, before).cpu is None
    assert since(replace(now, cpu_ms=None), before).cpu is None


def test_the_shape_of_a_sample() -> None:
    usage = Usage(5000, 100, 42, 7, 4096, 0, Disk(1, 2, 3, 4), Traffic(5, 6, 1))
    assert usage.as_json(_limits("hard")) == {
        "after_ms": 5000,
        "cpu": {"usage": 42, "limit": 100, "throttled_ms": 7},
        "memory": {"usage": 4096, "limit": 1000, "swapped": 0},
        "disk": {"read_ops": 1, "write_ops": 2, "read_bytes": 3, "write_bytes": 4},
        "network": {"rx_bytes": 5, "tx_bytes": 6, "connections": 1},
    }
    empty = Usage().as_json(_limits("monitoring"))
    assert {
        value
        for name in ("cpu", "memory", "disk", "network")
        for value in empty[name].values()
    } == {None}  # fmt: skip
