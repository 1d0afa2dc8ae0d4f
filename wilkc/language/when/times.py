"""Instants that tests of time tell apart. Layer: language (pure).

Which tests of time can hold together depends on the rules of zones, which change. So all
combinations are listed that the days and clocks of each zone by itself allow, on any host the
same; for those who need an instant one is looked for, at every edge of a window in every week in
which the zones are to each other as in no week before.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from wilkc.language.instants import EARLIEST, LATEST
from wilkc.language.when.tests import Stretch, Window
from wilkc.language.when.zones import WEEK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wilkc.core.contract import Json
    from wilkc.language.when.tests import Held, Test

    Marks = tuple[Held, ...]
    """What of each test is known, in their order."""
    Values = dict[Marks, Json]

UNFOUND: Final = object()
"""Stands where tests of time may hold together and no instant was found at which they do."""
_WEEK: Final = timedelta(days=7)
_WEEKS: Final = 60
"""Weeks in which instants are looked for between two ends: more than a year has."""
_USUAL: Final = "2026-01-05T00:00:00"
"""Where they are looked for when the times have no bounds."""


def time_kinds(tests: Sequence[Test], *, found: bool) -> Values:
    """An instant, or `UNFOUND`, for every combination of tests of time that may be.

    Args:
        tests: of `context.time`; those of other kinds are asked like these.
        found: whether instants are looked for.
    """
    windows = [test for test in tests if isinstance(test, Window)]
    zones = sorted({test.zone for test in windows})
    weeks = [list(_combinations([one for one in windows if one.zone == zone])) for zone in zones]
    kinds: Values = {}
    for start in stretch_starts(tests):
        for together in product(*weeks):
            holding = {one for held in together for one in held}
            marks = tuple(
                one in holding if isinstance(one, Window) else one.holds(f"{start}Z")
                for one in tests
            )
            kinds[marks] = UNFOUND
    for instant in edge_instants(tests) if found else ():
        marks = tuple(test.holds(instant) for test in tests)
        if kinds.get(marks, UNFOUND) is UNFOUND:
            kinds[marks] = instant
    return kinds


def stretch_starts(tests: Iterable[Test]) -> tuple[str, ...]:
    """The first instant of every stretch of time in which the same stretches hold, sorted."""
    held = [test for test in tests if isinstance(test, Stretch)]
    return tuple(
        sorted({EARLIEST, *(edge for one in held for edge in (one.start, one.end))} - {LATEST})
    )


def edge_instants(tests: Sequence[Test]) -> Iterator[str]:
    """Beginnings of stretches, and of windows and what lies between them, as requests give them."""
    windows = [test for test in tests if isinstance(test, Window)]
    starts = stretch_starts(tests)
    for start, end in zip(starts, (*starts[1:], LATEST), strict=True):
        yield f"{start}Z"
        if windows:
            yield from _window_edges(start, end, windows)


def just_before(instant: str) -> str:
    """The last instant before one of whole seconds, as requests give them; the first has none."""
    moment = instant.removesuffix("Z")
    if moment == EARLIEST:
        return instant
    before = datetime.fromisoformat(moment) - timedelta(seconds=1)
    return f"{before.isoformat()}.999999999Z"


def _combinations(windows: Sequence[Window]) -> set[frozenset[Window]]:
    """The windows of one zone that hold together in some minute of the week."""
    minutes = {0, *(edge % WEEK for one in windows for span in one.minutes for edge in span)}
    return {
        frozenset(
            one for one in windows if any(begin <= minute < end for begin, end in one.minutes)
        )
        for minute in minutes
    }


def _window_edges(start: str, end: str, windows: Sequence[Window]) -> Iterator[str]:
    """Every edge of the windows between two instants, in weeks with new differences of zones."""
    first = _moment(_USUAL if (start, end) == (EARLIEST, LATEST) else start)
    if start == EARLIEST and end != LATEST:
        first = max(first, _moment(end) - _WEEKS * _WEEK)
    zones = [ZoneInfo(name) for name in sorted({one.zone for one in windows})]
    minutes = sorted({edge for one in windows for span in one.minutes for edge in span})
    known: set[tuple[timedelta | None, ...]] = set()
    for week in range(_WEEKS):
        begin = first + week * _WEEK
        if begin.replace(tzinfo=None) >= datetime.fromisoformat(end):
            return
        offsets = tuple(
            moment.astimezone(zone).utcoffset()
            for moment in (begin, begin + _WEEK)
            for zone in zones
        )
        if offsets in known:
            continue
        known.add(offsets)
        for zone in zones:
            monday = begin.astimezone(zone).replace(tzinfo=None)
            monday -= timedelta(
                days=monday.weekday(), hours=monday.hour, minutes=monday.minute,
                seconds=monday.second,
            )  # fmt: skip
            for days in (timedelta(0), _WEEK):
                for minute in minutes:
                    local = monday + days + timedelta(minutes=minute)
                    moment = local.replace(tzinfo=zone).astimezone(UTC)
                    text = moment.replace(tzinfo=None).isoformat()
                    if start <= text < end:
                        yield f"{text}Z"


def _moment(instant: str) -> datetime:
    return datetime.fromisoformat(instant).replace(tzinfo=UTC)
