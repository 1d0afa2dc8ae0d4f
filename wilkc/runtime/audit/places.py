"""Whether there is a log at a place. Layer: runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.core.errors import UsageError
from wilkc.runtime.audit.failures import unavailable
from wilkc.runtime.audit.files import list_segments

if TYPE_CHECKING:
    from pathlib import Path


def require_log(directory: Path) -> None:
    """Refuse a place that holds no log.

    Raises:
        UsageError: there is none.
        UnavailableError: it cannot be read.
    """
    try:
        found = list_segments(directory)
    except FileNotFoundError as error:
        raise UsageError(
            f"there is no audit log at `{directory}`",
            help_text="make one with `wilkc audit init`",
        ) from error
    except OSError as error:
        raise unavailable(error, directory) from error
    if not found:
        raise UsageError(
            f"`{directory}` is no audit log",
            help_text="make one with `wilkc audit init`",
        )
