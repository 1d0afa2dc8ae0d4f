"""What one attribute of a request must be for an entry to count. Layer: language (pure).

LANGUAGE.md section 12. Each test says of a value whether it holds, does not hold, or that the value
does not show it: because it is missing, `null` or of another type. What is not shown satisfies
no test, a negated one included.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import RequestError
from wilkc.core.numbers import whole_number
from wilkc.language.hosts import canonical_host
from wilkc.language.hosts.addresses import within
from wilkc.language.instants import EARLIEST, LATEST, instant_of
from wilkc.language.when.zones import DAY, DAYS, WEEK, minute_of_week

if TYPE_CHECKING:
    from wilkc.core.contract import Json

Held = bool | None
"""Whether a test holds; None where the request does not show it."""
Value = str | int | bool


@dataclass(frozen=True, slots=True)
class OneOf:
    """The value is one of these, or with `negated` none of them.

    Attributes:
        values: at least one, all texts, all whole numbers or all truth values; sorted.
        negated: whether it must be none of them.
        listed: whether a list of values is taken besides, of which one must be among them, or
            with `negated` none may be. An empty list shows nothing.
        kind: the type that the values declare; Python takes `True` and 1 for equal, and a test
            of the one is no test of the other.
    """

    values: tuple[Value, ...]
    negated: bool = False
    listed: bool = False
    kind: type[Value] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", type(self.values[0]))

    def holds(self, value: Json) -> Held:
        """Whether the test holds of a value."""
        given = value if self.listed and isinstance(value, list) else [value]
        if not given or not all(_is_of(self.kind, one) for one in given):
            return None
        return any(one in self.values for one in given) != self.negated

    def words(self) -> str:
        """The test as a person reads it behind the attribute."""
        return f"{'not ' if self.negated else ''}{_listing(self.values)}"


@dataclass(frozen=True, slots=True)
class Range:
    """The value is a whole number from `least` to `most`, both included; None is no bound."""

    least: int | None = None
    most: int | None = None

    def holds(self, value: Json) -> Held:
        """Whether the test holds of a value."""
        number = whole_number(value)
        if number is None:
            return None
        above = self.least is None or self.least <= number
        return above and (self.most is None or number <= self.most)

    def words(self) -> str:
        """The test as a person reads it behind the attribute."""
        least = [] if self.least is None else [f"from {self.least}"]
        return " ".join([*least, *([] if self.most is None else [f"to {self.most}"])])


@dataclass(frozen=True, slots=True)
class Networks:
    """The value is an internet address in canonical spelling, in one of these blocks; sorted."""

    blocks: tuple[str, ...]

    def holds(self, value: Json) -> Held:
        """Whether the test holds of a value."""
        address = address_of(value)
        return None if address is None else within(address, self.blocks)

    def words(self) -> str:
        """The test as a person reads it behind the attribute."""
        return f"in {_listing(self.blocks)}"


@dataclass(frozen=True, slots=True)
class Stretch:
    """The value is an instant from `start` until, and not at, `end`.

    Both are instants of whole seconds without their `Z`, as `instant_of` gives them.
    """

    start: str = EARLIEST
    end: str = LATEST

    def holds(self, value: Json) -> Held:
        """Whether the test holds of a value."""
        instant = instant_of(value)
        return None if instant is None else self.start <= instant < self.end

    def words(self) -> str:
        """The test as a person reads it behind the attribute."""
        start = "" if self.start == EARLIEST else f"from {self.start}Z "
        return (start + ("" if self.end == LATEST else f"until {self.end}Z")).strip()


@dataclass(frozen=True, slots=True)
class Window:
    """The value is an instant at certain times of certain days, by the clocks of a zone.

    Attributes:
        start: minutes from midnight, inclusive.
        end: minutes from midnight, exclusive; not after `start` where it is of the next day.
        zone: name of the time zone.
        days: numbers of the days on which it begins, sorted, at least one.
    """

    start: int
    end: int
    zone: str
    days: tuple[int, ...]

    @property
    def minutes(self) -> tuple[tuple[int, int], ...]:
        """The minutes of the week that belong to it: half-open, sorted, apart from each other."""
        length = self.end - self.start if self.start < self.end else self.end + DAY - self.start
        begins = [day * DAY + self.start for day in self.days]
        parts = [part for begin in begins for part in _within_week(begin, begin + length)]
        merged: list[tuple[int, int]] = []
        for begin, end in sorted(parts):
            if merged and begin <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((begin, end))
        return tuple(merged)

    def holds(self, value: Json) -> Held:
        """Whether the test holds of a value."""
        instant = instant_of(value)
        minute = None if instant is None else minute_of_week(instant, self.zone)
        if minute is None:
            return None
        return any(begin <= minute < end for begin, end in self.minutes)

    def words(self) -> str:
        """The test as a person reads it behind the attribute."""
        days = "" if len(self.days) == len(DAYS) else ", ".join(DAYS[one] for one in self.days)
        clocks = f"{_clock(self.start)} to {_clock(self.end)}"
        return f"{clocks} {self.zone}{days and f' on {days}'}"


@dataclass(frozen=True, slots=True)
class Present:
    """There is a value, of whatever type but `null`."""

    def holds(self, value: Json) -> Held:
        """Whether the test holds of a value."""
        return value is not None

    def words(self) -> str:
        """The test as a person reads it behind the attribute."""
        return "present"


Test = OneOf | Range | Networks | Stretch | Window | Present
TIMED: Final = (Stretch, Window)
"""The tests of instants."""


def address_of(value: Json) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a text in canonical spelling is; None for everything else."""
    try:
        if isinstance(value, str) and canonical_host(value) == value:
            return ipaddress.ip_address(value)
    except (RequestError, ValueError):
        return None
    return None


def _is_of(kind: type, value: Json) -> bool:
    if kind is int:
        return whole_number(value) is not None
    return isinstance(value, kind)


def _within_week(begin: int, end: int) -> list[tuple[int, int]]:
    """Minutes from a week on, as minutes of one week."""
    return [(begin, end)] if end <= WEEK else [(begin, WEEK), (0, end - WEEK)]


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _listing(values: tuple[Value, ...]) -> str:
    return " or ".join(str(one).lower() if isinstance(one, bool) else str(one) for one in values)
