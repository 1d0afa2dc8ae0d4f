"""Equal findings become one alert; a flood becomes a few; replays make the same ids."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from wilkc.runtime.alerts import Engine
from wilkc.runtime.alerts.joining import MAX_OPEN, SEVERAL
from wilkc.runtime.alerts.windows import MAX_KEYS, Burst, Marks

if TYPE_CHECKING:
    from tests.unit.runtime.alerts.conftest import Happening
    from wilkc.runtime.alerts import Alert, Seen

SECOND = 1_000_000
UNKNOWN = "NO_PERMISSIONS"


def _run(engine: Engine, *seen: Seen) -> list[Alert]:
    return [alert for one in seen for alert in engine.take(one)]


def _end(*seen: Seen) -> int:
    return seen[-1].at_us + 300 * SECOND


def test_the_first_goes_at_once_and_the_total_when_the_window_is_over(
    happens: Happening,
) -> None:
    engine = Engine()
    seen = [happens("file.delete", at_s, risk="high") for at_s in (0, 100, 299)]
    first = _run(engine, *seen)
    assert [(one.count, one.seqs) for one in first] == [(1, (1,))]
    assert engine.close(seen[0].at_us + 299 * SECOND) == []
    total = engine.close(seen[0].at_us + 300 * SECOND)
    assert [(one.id, one.count, one.seqs) for one in total] == [(first[0].id, 3, (1, 2, 3))]


def test_one_alone_has_no_total(happens: Happening) -> None:
    engine = Engine()
    seen = happens("file.delete", risk="high")
    _run(engine, seen)
    assert engine.close(_end(seen)) == []


def test_after_the_window_there_is_another_alert_and_the_total_is_kept(
    happens: Happening,
) -> None:
    engine = Engine()
    seen = [happens("file.delete", at_s, risk="high") for at_s in (0, 1, 301)]
    alerts = _run(engine, *seen)
    assert len({one.id for one in alerts}) == len(alerts) == 2
    assert [one.count for one in engine.close(seen[2].at_us)] == [2]


@pytest.mark.parametrize(
    "other", [{"agent": "other"}, {"resource": "shell:ls"}, {"risk": "critical"}]
)
def test_what_differs_is_told_apart(other: dict[str, str], happens: Happening) -> None:
    """A critical one above all is not hidden behind one that is less."""
    first = happens("file.delete", risk="high")
    second = happens("file.delete", 1, **{"risk": "high", **other})
    assert len(_run(Engine(), first, second)) == 2


def test_a_clock_that_was_set_back_keeps_no_window_open(happens: Happening) -> None:
    engine = Engine()
    seen = [happens("file.delete", at_s, risk="high") for at_s in (0, 1)]
    _run(engine, *seen)
    assert [one.count for one in engine.close(seen[0].at_us - 3600 * SECOND)] == [2]


def test_a_flood_of_names_is_one_alert_about_several(happens: Happening) -> None:
    seen = [
        happens.denial(place / 100, agent=f"agent-{place}", reason=UNKNOWN, risk="medium")
        for place in range(MAX_OPEN * 4)
    ]
    engine = Engine()
    alerts = _run(engine, *seen)
    assert len(alerts) == MAX_OPEN + 1
    assert alerts[-1].agent == SEVERAL
    assert [one.count for one in engine.close(_end(*seen))] == [MAX_OPEN * 3]


def test_a_replay_gives_the_same_alerts(happens: Happening) -> None:
    seen = [happens.denial(place * 2, reason=UNKNOWN) for place in range(40)]
    assert _run(Engine(), *seen) == _run(Engine(), *seen)


def test_going_on_from_what_was_kept_is_as_if_never_interrupted(happens: Happening) -> None:
    usage = {"memory": {"usage": 9, "limit": 10}}
    seen = [
        *(happens.denial(place, reason=UNKNOWN) for place in range(19)),
        *(happens("auth.failure", 19 + place) for place in range(3)),
        happens("system.usage", 30, details=usage),
        happens.denial(31),
        happens("system.usage", 400, details=usage),
        happens("file.delete", 401, risk="high", mono_us=5),
    ]
    whole = _run(Engine(), *seen)
    assert {one.rule for one in whole} == {"A1", "A2", "A3", "A6", "A7", "A9"}
    for cut in range(len(seen)):
        before, after = Engine(), Engine()
        alerts = _run(before, *seen[:cut])
        after.load(json.loads(json.dumps(before.as_json())))
        assert alerts + _run(after, *seen[cut:]) == whole
        assert after.close(_end(*seen)) == _closed(seen)


def _closed(seen: list[Seen]) -> list[Alert]:
    engine = Engine()
    _run(engine, *seen)
    return engine.close(_end(*seen))


@pytest.mark.parametrize(
    "damage",
    [{"v": "wilk.alerts/v0"}, {"rules": {}}, {"rules": []}, {"joins": 3}, {"joins": [[1], []]}],
)
def test_a_state_that_is_damaged_is_refused(damage: dict[str, object]) -> None:
    stored = {**Engine().as_json(), **damage}
    with pytest.raises(ValueError, match=r"state|alert"):
        Engine().load(stored)


def test_names_are_shown_without_what_a_terminal_acts_on(happens: Happening) -> None:
    name = "a\r\nBcc: x\x1b[2J\u202e" + "n" * 300
    alert = _run(Engine(), happens("file.delete", risk="high", agent=name))[0]
    assert alert.agent.isprintable()
    assert alert.agent.startswith("a··Bcc: x·[2J·nnn")
    assert len(alert.agent) == 160


def test_counts_and_marks_forget_the_oldest_beyond_their_bounds() -> None:
    burst = Burst(3, 10)
    for place in range(MAX_KEYS * 2):
        burst.add(f"agent-{place}", 0, place)
    marks = Marks()
    for place in range(MAX_KEYS * 2):
        marks.crosses(f"agent-{place}", 9, 8, 7)
    assert len(burst.as_json()) == len(marks.as_json()) == MAX_KEYS
    assert burst.as_json()[0][0] == marks.as_json()[0] == f"agent-{MAX_KEYS}"


def test_a_burst_that_never_ends_is_told_again_after_an_hour() -> None:
    burst = Burst(3, 300 * SECOND)
    told = [at for at in range(0, 7300 * SECOND, 60 * SECOND) if burst.add("a", at, 0)]
    assert [at // SECOND for at in told] == [120, 3720]


def test_a_burst_is_armed_again_below_70_percent() -> None:
    burst = Burst(10, 100)
    told = [bool(burst.add("a", at, 0)) for at in range(10)]
    assert told.count(True) == 1
    # Six of ten are left in the window, then it fills again.
    told = [bool(burst.add("a", at, 0)) for at in (*range(105, 110), *range(110, 116))]
    assert told.count(True) == 1
