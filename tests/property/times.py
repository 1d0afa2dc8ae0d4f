"""Generated conditions of entries, and times that are near to their ends."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

    Permissions = dict[str, Any]

EDGES = ("2026-11-28T09:00:00Z", "2026-11-28T12:00:00Z", "2028-02-29T23:59:59Z")
CONDITIONS: tuple[dict[str, str], ...] = (
    {"max": EDGES[1]},
    {"min": EDGES[0]},
    {"min": EDGES[0], "max": EDGES[1]},
    {"min": EDGES[1], "max": EDGES[2]},
    {"max": EDGES[0]},
    {"min": EDGES[2]},
)
TIMES = (
    "2026-11-28T08:59:59.999999999Z", EDGES[0], "2026-11-28T09:00:00.000Z",
    "2026-11-28T09:00:00.000000001Z", "2026-11-28T10:30:00.5Z", "2026-11-28T11:59:59.9Z",
    EDGES[1], "2026-11-28T12:00:00.0Z", "2026-11-28T12:00:01Z", "2028-02-29T23:59:58Z", EDGES[2],
    "1970-01-01T00:00:00Z", "2199-12-31T23:59:59.999Z",
)  # fmt: skip
ODD_TIMES: tuple[Any, ...] = (
    None, True, 0, 1795867200, 1.5, [], {}, [EDGES[1]], {"time": EDGES[1]}, "", "Z", "now",
    "2026-11-28T12:00:00", "2026-11-28T12:00:00z", "2026-11-28t12:00:00Z", "2026-11-28 12:00:00Z",
    "2026-11-28T12:00:00+00:00", "2026-11-28T12:00:00-00:00", "2026-11-28T13:00:00+01:00",
    "2026-11-28T12:00:60Z", "2026-12-31T23:59:60Z", "2026-11-28T24:00:00Z", "2026-11-28T12:60:00Z",
    "2026-02-29T12:00:00Z", "2100-02-29T12:00:00Z", "2026-11-31T12:00:00Z", "2026-13-01T12:00:00Z",
    "2026-00-10T12:00:00Z", "2026-11-00T12:00:00Z", "1969-12-31T23:59:59Z", "2200-01-01T00:00:00Z",
    "0000-01-01T00:00:00Z", "12026-11-28T12:00:00Z", "2026-11-28T12:00:00.Z", "2026-11-28T12:00Z",
    "2026-11-28T12:00:00.0000000001Z", "2026-11-28T12:00:00,5Z", "2026-11-28T12:00:00.5.5Z",
    "2026-11-28T12:00:00Z\n", " 2026-11-28T12:00:00Z", "2026-11-28T12:00:00ZZ", "20261128T120000Z",
    "２026-11-28T12:00:00Z", "2026-11-28T12:00:00.٣Z", "2026-11-28T12:00:00\u2124", "2026-11-28",
    "+026-11-28T12:00:00Z", "2026-1-28T012:00:00Z", "2026-11-28T12:00:0 Z", "2026-W48-6T12:00:00Z",
)  # fmt: skip
TIMED = tuple({"context.time": one} for one in CONDITIONS)
PLACES: dict[tuple[str, ...], str] = {
    **{
        ("filesystem", action): "path" for action in ("read", "write", "execute", "delete", "watch")
    },
    ("filesystem", "metadata", "blocked_paths"): "path",
    ("network", "allowed_hosts"): "host",
    ("network", "blocked_hosts"): "host",
    ("shell", "allowed_commands"): "command",
    ("shell", "blocked_commands"): "command",
    ("llm", "allowed_models"): "model",
    ("llm", "blocked_models"): "model",
    ("tools", "allowed"): "tool",
    ("tools", "blocked"): "tool",
    **{("agents", action): "agent" for action in ("use", "create", "modify", "delete", "share")},
    ("system", "info"): "name",
    **{("system", "env", action): "name" for action in ("read", "write")},
    **{("system", "config", action): "name" for action in ("read", "modify")},
    **{("system", "registry", action): "name" for action in ("publish", "install", "download")},
}
"""Every list whose entries may have a condition, with the key of their pattern."""


def conditional(
    rng: random.Random, permissions: Permissions, share: float, whens: Sequence[Any] = TIMED
) -> Permissions:
    """The same permissions, about this share of the entries under one of some conditions."""
    made = copy.deepcopy(permissions)
    for keys, held in lists_of(made):
        for place, entry in enumerate(held):
            if rng.random() < share:
                whole = entry if isinstance(entry, dict) else {PLACES[keys]: entry}
                held[place] = {**whole, "when": rng.choice(whens)}
    return made


def lists_of(permissions: Permissions) -> Iterator[tuple[tuple[str, ...], list[Any]]]:
    """The lists that are there, each with its place."""
    for keys in PLACES:
        held: Any = permissions
        for key in keys:
            held = held.get(key, {})
        if held:
            yield keys, held
