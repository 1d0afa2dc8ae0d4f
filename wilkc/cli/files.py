"""Writing results: under a temporary name, then renamed. Layer: cli."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from wilkc.core.errors import UsageError


def write_atomically(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Replace a file as a whole or leave it as it was.

    Args:
        path: the file; its folder must exist.
        data: the new content.
        mode: permission bits of the new file.

    Raises:
        UsageError: the folder is missing or cannot be written.
    """
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            temporary = Path(file.name)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode)
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise UsageError(
            f"cannot write `{path}`: {error.strerror}",
            help_text="name a file in a folder that exists and can be written",
        ) from error
