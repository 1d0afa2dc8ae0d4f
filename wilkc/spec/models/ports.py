"""Ports and ranges, also under conditions. Layer: spec. LANGUAGE.md section 5."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Tag, WithJsonSchema

from wilkc.spec.models.base import refusal
from wilkc.spec.models.conditions import Condition  # noqa: TC001 - pydantic reads it
from wilkc.spec.models.entries import Entry, entry_kind

MAX_PORT = 65_535
_PORT = "write one number, or two with a `-` between them in quotes"
PortRange = tuple[int, int]


def _port_range(value: Any) -> PortRange:
    low, dash, high = value.partition("-") if isinstance(value, str) else ("", "", "")
    if isinstance(value, int) and not isinstance(value, bool):
        bounds = (value, value)
    elif dash and low.isdecimal() and high.isdecimal() and value.isascii():
        bounds = (int(low), int(high))
    else:
        raise refusal("W104", "expected a port such as 443, or a range such as `8000-8999`", _PORT)
    if not 1 <= bounds[0] <= bounds[1] <= MAX_PORT:
        raise refusal("W104", f"ports lie between 1 and {MAX_PORT}, the lower bound first", _PORT)
    return bounds


_PORT_SCHEMA = {
    "anyOf": [
        {"type": "integer", "minimum": 1, "maximum": MAX_PORT},
        {"type": "string", "pattern": "^[0-9]{1,5}-[0-9]{1,5}$"},
    ]
}


def port_text(bounds: PortRange) -> str:
    """A range as an entry of a spec writes it."""
    low, high = bounds
    return str(low) if low == high else f"{low}-{high}"


Port = Annotated[PortRange, BeforeValidator(_port_range), WithJsonSchema(_PORT_SCHEMA)]
Ports = tuple[Port, ...]


class PortEntry(Entry):
    """A port that is blocked under a condition.

    Attributes:
        port: one port or a range, e.g. `22`
        when: what must hold for the entry to count,
            e.g. `{context.time: {max: '2026-11-28T12:00:00Z'}}`
    """

    port: Port
    when: Condition

    @property
    def text(self) -> str:
        """The pattern."""
        return port_text(self.port)

    @property
    def condition(self) -> Condition:
        """What must hold for the entry to count."""
        return self.when


BlockedPort = Annotated[
    Annotated[Port, Tag("text")] | Annotated[PortEntry, Tag("entry")],
    Discriminator(entry_kind),
]
