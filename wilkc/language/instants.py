"""Instants as requests and specs write them. Layer: language (pure).

LANGUAGE.md section 12. The enforcement point sends the time; no clock is read here. An instant has
one spelling, so that every reader takes the same texts for times and texts compare as the instants
do: RFC 3339 with `T` and `Z` in capitals, UTC, no leap second, up to nine digits of a second,
years 1970 to 2199. Anything else is no time.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import PatternError

if TYPE_CHECKING:
    from wilkc.core.contract import Json

EARLIEST: Final = "1970-01-01T00:00:00"
"""No instant is before this one."""
LATEST: Final = "2200-01-01T00:00:00"
"""Every instant is before this one."""
INSTANT_PATTERN: Final = r"^(?:19[7-9]\d|2[01]\d\d)-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\dZ$"
"""What editors are told of an instant; which days there are, they are not."""
_SHAPE: Final = "0000-00-00T00:00:00"
_DIGITS: Final = frozenset("0123456789")
_MAX_FRACTION: Final = 9
_HELP: Final = "write it in UTC with whole seconds, such as '2026-11-28T12:00:00Z'"


def parse_instant(text: str) -> str:
    """The instant that a spec names, without its `Z`.

    Raises:
        PatternError: it is not of the one spelling, or has a fraction.
    """
    instant = instant_of(text)
    if instant is None or "." in instant:
        message = f"`{text}` is not a time as Wilk reads it"
        raise PatternError("W114", message, _HELP, start=0, end=len(text))
    return instant


def instant_of(value: Json) -> str | None:
    """The instant that a request gives, without its `Z`; None for what is no time.

    Instants compare as their texts do, as long as one of the two has whole seconds.
    """
    if not isinstance(value, str) or not value.endswith("Z"):
        return None
    whole, dot, fraction = value[:-1].partition(".")
    if dot and not (0 < len(fraction) <= _MAX_FRACTION and _DIGITS.issuperset(fraction)):
        return None
    if not (_is_date(whole) and EARLIEST <= whole < LATEST):
        return None
    return value[:-1]


def time_text(moment: datetime) -> str:
    """A moment as a request gives it in `context.time`, to the millisecond.

    Args:
        moment: with a time zone.
    """
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _is_date(text: str) -> bool:
    """Whether a text of the shape of a date and time is one."""
    if len(text) != len(_SHAPE):
        return False
    for char, place in zip(text, _SHAPE, strict=True):
        if char not in _DIGITS if place == "0" else char != place:
            return False
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:10])
    hour, minute, second = int(text[11:13]), int(text[14:16]), int(text[17:19])
    try:
        datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return False
    return True
