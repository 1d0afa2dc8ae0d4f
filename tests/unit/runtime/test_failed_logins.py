"""Failures to authenticate: who they are counted by, and what of a source is on record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.runtime.audit.conftest import Log, make_log
from wilkc.identity import Failure
from wilkc.runtime.alerts import Engine
from wilkc.runtime.alerts.seen import seen_in
from wilkc.runtime.failed_logins import failure_recorder

if TYPE_CHECKING:
    from pathlib import Path

SOURCES = ("192.0.2.1", "192.0.2.2", "192.0.2.3")


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """An empty log."""
    return make_log(tmp_path / "a log")


def failed(log: Log, *sources: str, channel: str = "http") -> list[str]:
    """Put failures of these sources on record; the names that it has for them."""
    with log.open() as logger:
        tell = failure_recorder(logger)
        for source in sources:
            tell(Failure("credential_unknown", channel, source, "", 1))
    found = [one for one in log.records() if one["action"]["type"] == "auth.failure"]
    return [one["actor"]["id"] for one in found[-len(sources) :]]


def alerts(log: Log) -> list[str]:
    engine = Engine()
    raised = [alert for record in log.records() for alert in engine.take(seen_in(record))]
    return [alert.agent for alert in raised if alert.rule == "A1"]


def test_three_who_fail_once_are_no_burst(log: Log) -> None:
    assert len(set(failed(log, *SOURCES))) == 3
    assert alerts(log) == []


def test_one_who_fails_three_times_is(log: Log) -> None:
    names = failed(log, SOURCES[0], SOURCES[1], SOURCES[0], SOURCES[0])
    assert alerts(log) == [names[0]]


def test_a_source_has_one_name_in_a_log_and_another_elsewhere(log: Log, tmp_path: Path) -> None:
    [first] = failed(log, SOURCES[0])
    assert failed(log, SOURCES[0]) == [first]
    assert failed(log, SOURCES[0], channel="mcp")[0].partition(".")[2] != first.partition(".")[2]
    assert failed(make_log(tmp_path / "another"), SOURCES[0]) != [first]


def test_nothing_of_a_source_stands_in_clear(log: Log) -> None:
    names = failed(log, *(f"{SOURCES[0]}{place}" for place in range(40)))
    assert all(name.startswith("http.") and name[5:].isalpha() for name in names)
    assert len(set(names)) == 40
    assert not any(SOURCES[0].encode() in path.read_bytes() for path in log.segments())
