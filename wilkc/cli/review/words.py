"""Requests, entries and counts in words that are safe to show anywhere. Layer: cli.

Specs and requests hold whatever their authors wrote: marks that reorder text, control
characters, a megabyte in one line. Everything that is shown goes through `visible`.
"""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.core.contract import Json, Request

MAX_TEXT: Final = 120
"""Code points of one text that are shown."""
MAX_NAMES: Final = 4
"""Agents of one group that are named where all would be too many."""
_WRITTEN: Final = frozenset({"argv", "commands", "host", "port", "protocol"})
"""Properties that the text of a request says already."""
KINDS: Final = {
    "newly_allowed": "newly allowed",
    "newly_denied": "newly denied",
    "looser": "looser",
    "tighter": "tighter",
}


def visible(text: str, limit: int = MAX_TEXT) -> str:
    """The text on one line; what cannot be seen, or would act, is spelled as its code point."""
    cut = text[: limit + 1]
    shown = "".join(char if char.isprintable() else f"\\u{{{ord(char):x}}}" for char in cut[:limit])
    return f"{shown}…" if len(cut) > limit else shown


def example(request: Request) -> str:
    """What a request asks for, as its author would write it, and under which circumstances."""
    found = [
        _circumstance(name, value)
        for name, value in (*request.properties.items(), *request.context.items())
        if name not in _WRITTEN and value != request.id
    ]
    return visible(_written(request)) + (f" ({visible(', '.join(found))})" if found else "")


def _circumstance(name: str, value: Json) -> str:
    if isinstance(value, bool):
        return name if value else f"not {name}"
    if isinstance(value, str):
        return f"{name} {value}"
    return f"{name} {json.dumps(value, ensure_ascii=False, sort_keys=True)}"


def short_form(request: Request) -> str:
    """A request as `wilkc decide` takes it, `TYPE:REST` without the action."""
    return f"{request.type}:{_written(request)}"


def _written(request: Request) -> str:
    given = request.properties
    argv = given.get("argv")
    if isinstance(argv, list):
        return shlex.join(map(str, argv))
    commands = given.get("commands")
    if isinstance(commands, list) and all(isinstance(one, list) for one in commands):
        return "; ".join(shlex.join(map(str, one)) for one in commands)
    return request.id


def counted(number: int, word: str, plural: str = "") -> str:
    """`1 agent`, `2 agents`, `1,000 agents`."""
    return f"{number:,} {word if number == 1 else plural or word + 's'}"


def listed(names: Sequence[str], most: int = MAX_NAMES) -> str:
    """The names, or the first of them and how many more there are."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most:,} more"
