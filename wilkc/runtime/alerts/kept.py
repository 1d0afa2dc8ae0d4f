"""What a watcher keeps between its steps: its place in the log, the rules' memory. Layer: runtime.

One file, replaced as a whole: the place and what was made of the records before it must never
be of two moments. It can be made anew from the log, so one that is damaged is not believed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.canonical import canonical_json
from wilkc.core.closed_json import from_json, to_json
from wilkc.core.strict_json import decode_json
from wilkc.runtime.alerts.engine import Engine
from wilkc.runtime.audit.following import START, Cursor

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.runtime.disk import Disk

STATE: Final = "state.json"


@dataclass(slots=True)
class Kept:
    """Where a watcher stands.

    Attributes:
        engine: the rules with what they remember.
        cursor: behind the last record that they saw.
        standing: facts that were told and still hold, with the time of telling.
        fresh: whether nothing was kept, so that all of this begins now.
    """

    engine: Engine = field(default_factory=Engine)
    cursor: Cursor = START
    standing: dict[str, int] = field(default_factory=dict)
    fresh: bool = True


def load_kept(folder: Path) -> Kept:
    """What was kept; nothing, where the file is missing or damaged.

    Raises:
        OSError: it cannot be read.
    """
    try:
        data = (folder / STATE).read_bytes()
    except FileNotFoundError:
        return Kept()
    try:
        stored: Any = decode_json(data)
        engine = Engine()
        engine.load(stored["engine"])
        cursor = from_json(Cursor, stored["cursor"], "cursor")
        standing = {str(kind): int(at) for kind, at in stored["standing"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return Kept()
    return Kept(engine, cursor, standing, fresh=False)


def save_kept(folder: Path, kept: Kept, disk: Disk) -> None:
    """Keep it, on stable storage.

    Raises:
        OSError: the disk refuses; what was kept before stays.
    """
    value = {
        "cursor": to_json(kept.cursor),
        "engine": kept.engine.as_json(),
        "standing": kept.standing,
    }
    disk.put_file(folder / STATE, canonical_json(value), durable="content")
