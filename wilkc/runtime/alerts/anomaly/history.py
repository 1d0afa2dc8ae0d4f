"""What is remembered of one agent, within bounds. Layer: runtime. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from wilkc.runtime.alerts.anomaly.numbers import Usual, usual
from wilkc.runtime.alerts.seen import DAY_US

HOURS: Final = 14 * 24
"""Of counts: 14 days."""
KNOWN_DAYS: Final = 30
WARM_DAYS: Final = 7
WARM_RECORDS: Final = 200
MAX_TYPES: Final = 32
MAX_KNOWN: Final = 256
_WEEK_HOURS: Final = 168
_DAY_HOURS: Final = 24


@dataclass(slots=True)
class History:
    """Counts by hour and what an agent is known to do.

    Attributes:
        first_us: when it was seen first.
        records: how many of its requests were seen, up to what warming up takes.
        counts: action type to hour to count.
        shares: hour to requests and refusals.
        known: kind of a thing to thing to the day it was seen last.
        told: what was told in the current hour.
        hour: the current one, since 1970.
    """

    first_us: int
    records: int = 0
    counts: dict[str, dict[int, int]] = field(default_factory=dict)
    shares: dict[int, tuple[int, int]] = field(default_factory=dict)
    known: dict[str, dict[str, int]] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    hour: int = -1
    _usual: dict[str, Usual] = field(default_factory=dict)

    def warming_up(self, at_us: int) -> bool:
        """Whether too little is known to call anything unusual."""
        return self.records < WARM_RECORDS or at_us - self.first_us < WARM_DAYS * DAY_US

    def enter(self, hour: int) -> None:
        """Begin an hour: what is older than 14 days is forgotten."""
        if hour == self.hour:
            return
        self.hour = hour
        self.told.clear()
        self._usual.clear()
        for kind, counts in list(self.counts.items()):
            kept = {one: count for one, count in counts.items() if 0 <= hour - one <= HOURS}
            self.counts[kind] = kept
            if not kept:
                del self.counts[kind]
        self.shares = {one: pair for one, pair in self.shares.items() if 0 <= hour - one <= HOURS}

    def count(self, kind: str, hour: int) -> int:
        """Count one action; how many of its type there were in this hour."""
        counts = self.counts.get(kind)
        if counts is None:
            if len(self.counts) >= MAX_TYPES:
                return 0
            counts = self.counts[kind] = {}
        counts[hour] = counts.get(hour, 0) + 1
        return counts[hour]

    def usual(self, kind: str, hour: int) -> Usual:
        """What was usual for an action type before this hour."""
        if kind not in self._usual:
            counts = self.counts.get(kind, {})
            self._usual[kind] = usual([count for one, count in counts.items() if one != hour])
        return self._usual[kind]

    def ask(self, hour: int, *, denied: bool) -> tuple[int, int]:
        """Count one request; requests and refusals of this hour."""
        asked, refused = self.shares.get(hour, (0, 0))
        pair = self.shares[hour] = asked + 1, refused + denied
        return pair

    def usual_share(self, hour: int) -> tuple[int, int]:
        """Requests and refusals of the 14 days before this hour."""
        earlier = [pair for one, pair in self.shares.items() if one != hour]
        return sum(asked for asked, _ in earlier), sum(refused for _, refused in earlier)

    def meets(self, what: str, thing: str, hour: int) -> bool:
        """Whether something is new, or was not seen for 30 days; it is known from now on."""
        day = hour // _DAY_HOURS
        known = self.known.setdefault(what, {})
        last = known.get(thing)
        if last == day:
            return False
        if last is None and len(known) >= MAX_KNOWN:
            old = [one for one, seen in known.items() if day - seen > KNOWN_DAYS]
            for one in old:
                del known[one]
            if not old:
                # More than can be remembered: then nothing of this kind is called new.
                return False
        known[thing] = day
        return last is None or day - last > KNOWN_DAYS

    def as_json(self) -> list[Any]:
        """What must be kept to go on later."""
        return [
            self.first_us,
            self.records,
            [[kind, [list(one) for one in counts.items()]] for kind, counts in self.counts.items()],
            [[hour, *pair] for hour, pair in self.shares.items()],
            [[what, [list(one) for one in known.items()]] for what, known in self.known.items()],
            sorted(self.told),
            self.hour,
        ]


def load_history(stored: list[Any]) -> History:
    """A history from what was kept."""
    first_us, records, counts, shares, known, told, hour = stored
    return History(
        first_us,
        records,
        {kind: {one: count for one, count in pairs} for kind, pairs in counts},  # noqa: C416
        {one: (asked, denied) for one, asked, denied in shares},
        {what: {thing: day for thing, day in pairs} for what, pairs in known},  # noqa: C416
        set(told),
        hour,
    )


def hour_of_week(hour: int) -> str:
    """The hour of the week, counted from Thursday 00:00 UTC as 1970 began on one."""
    return str(hour % _WEEK_HOURS)
