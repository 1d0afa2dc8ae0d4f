"""Time zones, days of the week and times of day in conditions. Layer: language (pure).

LANGUAGE.md section 12. Zones are those of the IANA time zone database that the host has; OPA reads
the same database, and the proof of a build compares the two at the edges of every window.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from wilkc.core.errors import PatternError

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""The days of the week in order; the number of a day is its place, from 0."""
DAY: Final = 24 * 60
"""Minutes of a day."""
WEEK: Final = 7 * DAY
"""Minutes of a week; they are counted from Monday, 00:00."""
CLOCK_PATTERN: Final = r"^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$"
"""What editors are told of a time of day."""
ZONE_PATTERN: Final = r"^[A-Z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}$"
"""What editors are told of a zone; which there are, they are not."""
_CLOCK: Final = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00", re.ASCII)
_ZONE: Final = re.compile(r"[A-Z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}", re.ASCII)
_OF_THE_HOST: Final = frozenset({"Local", "Factory"})
"""What would be a zone to one of the two readers, and another one on another host."""


def parse_clock(text: str) -> int:
    """Minutes from midnight of a time of day such as `09:00`; `24:00` is the end of a day.

    Raises:
        PatternError: it is spelt otherwise.
    """
    if _CLOCK.fullmatch(text) is None:
        message = f"`{text}` is not a time of day"
        raise PatternError("W114", message, "write it as `'09:00'`", start=0, end=len(text))
    return int(text[:2]) * 60 + int(text[3:])


def parse_days(text: str) -> tuple[int, ...]:
    """The numbers of the days that `mon` or `mon-fri` names, in order from the first.

    Raises:
        PatternError: it names none.
    """
    first, dash, last = text.partition("-")
    if first not in DAYS or (dash and last not in DAYS):
        message = f"`{text}` is no day of the week"
        advice = f"write {', '.join(f'`{day}`' for day in DAYS)}, or a range such as `mon-fri`"
        raise PatternError("W103", message, advice, start=0, end=len(text))
    begin = DAYS.index(first)
    end = DAYS.index(last) if dash else begin
    return tuple((begin + more) % 7 for more in range((end - begin) % 7 + 1))


def parse_zone(text: str) -> str:
    """The name of a time zone.

    Raises:
        PatternError: the time zone database of this host has no such zone.
    """
    if _ZONE.fullmatch(text) is None or text in _OF_THE_HOST or _zone(text) is None:
        message = f"there is no time zone `{text}`"
        advice = "write a name of the IANA database such as `Europe/Berlin`, or `UTC`"
        raise PatternError("W116", message, advice, start=0, end=len(text))
    return text


def minute_of_week(instant: str, zone: str) -> int | None:
    """Minutes since Monday 00:00 on the clocks of a zone; None where the zone is not known.

    Args:
        instant: as `instant_of` gives it; parts of a second are left aside.
        zone: a name that `parse_zone` has accepted, perhaps on another host.
    """
    held = _zone(zone)
    if held is None:
        return None
    whole = instant.partition(".")[0]
    there = datetime.fromisoformat(whole).replace(tzinfo=UTC).astimezone(held)
    return there.weekday() * DAY + there.hour * 60 + there.minute


@lru_cache(maxsize=1_024)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return None
