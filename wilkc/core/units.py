"""Sizes, durations and percentages as people write them. Layer: core (leaf).

LANGUAGE.md section 1: sizes count in powers of 1,024 under either spelling (`10MB` =
`10MiB`), a bare integer is bytes; durations `30s 15m 12h 30d 1y`, a bare integer is
seconds; percentages `80%`. No negatives, fractions, exponents or quoted bare numbers.
"""

from __future__ import annotations

import re
from typing import Final

from wilkc.core.canonical import MAX_INTEGER

_SIZE_FACTORS: Final = {
    "B": 1,
    **{
        f"{prefix}{tail}": 1024**power
        for power, prefix in enumerate("KMGT", start=1)
        for tail in ("B", "iB")
    },
}
_DURATION_FACTORS: Final = {
    spelling: seconds
    for short, word, seconds in (
        ("s", "second", 1), ("m", "minute", 60), ("h", "hour", 3600), ("d", "day", 86_400),
        ("", "month", 30 * 86_400), ("y", "year", 365 * 86_400),
    )
    for spelling in (short, word, f"{word}s")
    if spelling
}  # fmt: skip
_QUANTITY: Final = re.compile(r"(0|[1-9][0-9]{0,15})( ?)([A-Za-z]+|%)", re.ASCII)
_LONG_UNIT: Final = len("day")
"""Letters from which on a blank may stand before a unit."""


def parse_size(value: object) -> int:
    """Bytes of a size such as `10MB`, `512KiB` or the integer 1024.

    Raises:
        ValueError: not a size; the message says what is accepted.
    """
    return _quantity(value, _SIZE_FACTORS, "a size such as `10MB`, or a whole number of bytes")


def parse_duration(value: object) -> int:
    """Seconds of a duration such as `30s`, `15m`, `30d`, `1 year` or the integer 300.

    A year counts 365 days and a month 30 days.

    Raises:
        ValueError: not a duration; the message says what is accepted.
    """
    return _quantity(
        value, _DURATION_FACTORS, "a duration such as `30s` or `15m`, or whole seconds"
    )


def parse_percentage(value: object) -> int:
    """Whole percent of a text such as `80%`.

    Raises:
        ValueError: not a percentage; the message says what is accepted.
    """
    if isinstance(value, int):
        raise ValueError("expected a percentage such as `80%`")  # noqa: TRY004 - as for texts
    return _quantity(value, {"%": 1}, "a percentage such as `80%`")


def size_pattern() -> str:
    """A regular expression (ECMA 262, anchored) for the texts that `parse_size` takes."""
    return _pattern(_SIZE_FACTORS)


def duration_pattern() -> str:
    """A regular expression (ECMA 262, anchored) for the texts that `parse_duration` takes."""
    return _pattern(_DURATION_FACTORS)


def percentage_pattern() -> str:
    """A regular expression (ECMA 262, anchored) for the texts that `parse_percentage` takes."""
    return _pattern({"%": 1})


def _pattern(factors: dict[str, int]) -> str:
    long = [unit for unit in factors if len(unit) >= _LONG_UNIT]
    short = [unit for unit in factors if len(unit) < _LONG_UNIT]
    units = "|".join([*short, *([f" ?(?:{'|'.join(long)})"] if long else [])])
    return f"^(?:0|[1-9][0-9]{{0,15}})(?:{units})$"


def _quantity(value: object, factors: dict[str, int], wanted: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        number, factor = value, 1
    else:
        found = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
        if found is None or found[3] not in factors or (found[2] and len(found[3]) < _LONG_UNIT):
            raise ValueError(f"expected {wanted}")
        number, factor = int(found[1]), factors[found[3]]
    if number < 0 or number * factor > MAX_INTEGER:
        raise ValueError(f"expected {wanted}, between 0 and {MAX_INTEGER}")
    return number * factor
