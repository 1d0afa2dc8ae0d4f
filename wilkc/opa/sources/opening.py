"""From the place that was named to its source. Layer: opa."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wilkc.opa.sources.files import FileSource, FolderSource
from wilkc.opa.sources.web import WebSource, parse_address

if TYPE_CHECKING:
    from wilkc.opa.sources.model import Source


def open_source(place: str, *, poll_seconds: float) -> Source:
    """The source of bundles at a path or an address.

    Args:
        place: a file, a folder, or an address that starts with `http://` or `https://`.
        poll_seconds: how long to wait between two questions to an address.

    Raises:
        UsageError: the address is not one that bundles are fetched from.
    """
    if place.startswith(("http://", "https://")):
        return WebSource(parse_address(place), pause_seconds=poll_seconds)
    path = Path(place)
    return FolderSource(path) if path.is_dir() else FileSource(path)
