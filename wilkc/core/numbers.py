"""Numbers as requests carry them. Layer: core."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wilkc.core.contract import Json


def whole_number(value: Json) -> int | None:
    """The whole number from 0 that a JSON value is, or None where it is something else.

    JSON has one kind of number (RFC 8259, section 6), so `10.0` is 10; `true` is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if value >= 0 and value % 1 == 0 else None
