"""The names in a log directory. Layer: runtime. Reads the directory's list only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.runtime.audit.segment import segment_first

if TYPE_CHECKING:
    from pathlib import Path

CHECKPOINT: Final = "checkpoint"
BLOBS: Final = "blobs"
QUARANTINE: Final = "quarantine"
LOCK: Final = "writer.lock"
RESERVE: Final = "reserve"
STATE: Final = "state"
_SEGMENT_PREFIX: Final = "seg-"


def list_segments(directory: Path) -> list[tuple[int, Path]]:
    """The segments by the number of their first event."""
    found = ((segment_first(path.name), path) for path in directory.iterdir())
    return sorted((first, path) for first, path in found if first is not None)


def foreign_segments(directory: Path) -> list[Path]:
    """Files that are called like segments and are none that this version can read."""
    return sorted(
        path
        for path in directory.iterdir()
        if path.name.startswith(_SEGMENT_PREFIX) and segment_first(path.name) is None
    )
