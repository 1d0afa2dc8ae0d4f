"""Writing results: as a whole, or not at all. Layer: cli."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.core.errors import UsageError
from wilkc.core.files import replace_file

if TYPE_CHECKING:
    from pathlib import Path


def write_atomically(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Replace a file as a whole or leave it as it was.

    Args:
        path: the file; its folder must exist.
        data: the new content.
        mode: permission bits of the new file.

    Raises:
        UsageError: the folder is missing or cannot be written.
    """
    try:
        replace_file(path, data, mode=mode, durable="content")
    except OSError as error:
        raise UsageError(
            f"cannot write `{path}`: {error.strerror}",
            help_text="name a file in a folder that exists and can be written",
        ) from error
