"""Values that tests of a `when` compare with. Layer: spec. LANGUAGE.md section 12."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import AfterValidator, WithJsonSchema

from wilkc.core.errors import PatternError
from wilkc.language.hosts import parse_host_rule
from wilkc.language.instants import INSTANT_PATTERN, parse_instant
from wilkc.language.when import (
    CLOCK_PATTERN,
    DAYS,
    ZONE_PATTERN,
    Value,
    parse_clock,
    parse_days,
    parse_zone,
)
from wilkc.spec.models.base import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_VALUES: Final = 256
"""Values or blocks of one test; compiling compares each with each."""


def _read(parse: Callable[[str], Any]) -> AfterValidator:
    def check(text: str) -> Any:
        try:
            return parse(text)
        except PatternError as error:
            raise refusal(error.code, error.message, error.help_text) from error

    return AfterValidator(check)


def _text(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern})


def _block(text: str) -> str:
    (pattern,) = parse_host_rule(text)
    if pattern.shape != "block":
        message = f"`{text}` is neither an address nor a CIDR block"
        raise refusal("W073", message, "write an address or a block such as `10.0.0.0/8`")
    return pattern.text


Instant = Annotated[str, _read(parse_instant), _text(INSTANT_PATTERN)]
"""An instant of a spec, kept without its `Z`."""
Clock = Annotated[str, _read(parse_clock), _text(CLOCK_PATTERN)]
"""A time of day, kept as minutes from midnight."""
Zone = Annotated[str, _read(parse_zone), _text(ZONE_PATTERN)]
Days = Annotated[str, _read(parse_days), _text(f"^(?:{'|'.join(DAYS)})(?:-(?:{'|'.join(DAYS)}))?$")]
"""A day of the week or a range of them, kept as their numbers."""
Block = Annotated[str, _read(_block), WithJsonSchema({"type": "string", "minLength": 1})]
"""An address or a block of addresses, kept as a block."""


def _few(values: tuple[Any, ...]) -> None:
    if len(values) > MAX_VALUES:
        raise refusal(
            "W104",
            f"a test of {len(values)} values, more than {MAX_VALUES}",
            "name a role or a group of them, and let the enforcement point say who belongs to it",
        )


def _values(values: tuple[Value, ...]) -> tuple[Value, ...]:
    _few(values)
    if not values:
        raise refusal("W115", "a test of no values", "write the values, or `{present: true}`")
    if len({type(one) for one in values}) > 1:
        raise refusal("W101", "the values are of several kinds", "write values of one kind")
    return tuple(sorted(set(values), key=repr))


def _some(values: tuple[str, ...]) -> tuple[str, ...]:
    _few(values)
    if not values:
        raise refusal("W115", "a test of no values", "write at least one")
    return values


def _two(clocks: tuple[str, ...]) -> tuple[str, ...]:
    if len(clocks) != 2:  # noqa: PLR2004 - the beginning and the end
        raise refusal("W115", "the times of day are no window", "write two, `['09:00', '17:00']`")
    return clocks


def _true(present: bool) -> bool:  # noqa: FBT001 - what is written in the spec
    if not present:
        raise refusal(
            "W115", "what is missing satisfies no test", "write `present: true`, or another test"
        )
    return present


Values = Annotated[tuple[Value, ...], AfterValidator(_values)]
"""Texts, whole numbers or truth values."""
Blocks = Annotated[tuple[Block, ...], AfterValidator(_some)]
"""At least one block of addresses."""
Clocks = Annotated[tuple[Clock, ...], AfterValidator(_two)]
"""The beginning and the end of a window."""
DayRanges = Annotated[tuple[Days, ...], AfterValidator(_some)]
"""At least one day or range of days."""
Presence = Annotated[bool, AfterValidator(_true)]
"""`true`: no test holds of what is missing."""
