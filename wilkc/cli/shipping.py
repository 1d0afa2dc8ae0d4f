"""Opening the place that a log is shipped to. Layer: cli."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wilkc.core.errors import UsageError
from wilkc.runtime.sinks import FolderSink

if TYPE_CHECKING:
    from wilkc.runtime.sinks import Sink


def receipts_folder(directory: str, named: str | None) -> Path:
    """The folder of a log's receipts, as named or beside the log."""
    whole = Path(directory).absolute()
    return Path(named) if named else whole.with_name(f"{whole.name}.sinks")


def open_sink(place: str, directory: Path) -> Sink:
    """The sink at a place.

    Raises:
        UsageError: there is none, or it lies in the log.
    """
    folder = Path(place)
    if folder.resolve().is_relative_to(directory.resolve()):
        raise UsageError(f"`{place}` lies in the log that is to be kept elsewhere")
    return FolderSink(folder)
