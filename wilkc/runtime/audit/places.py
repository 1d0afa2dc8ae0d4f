"""Whether there is a log at a place. Layer: runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.core.errors import UsageError
from wilkc.runtime.audit.failures import unavailable
from wilkc.runtime.audit.files import list_segments

if TYPE_CHECKING:
    from pathlib import Path


def require_log(directory: Path, keys: Path | None = None) -> None:
    """Refuse a place that holds no log, or holds its keys as well.

    Args:
        directory: the place.
        keys: the log's key directory, where it is known.

    Raises:
        UsageError: there is none, or keys and log do not lie apart.
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
    if keys is not None:
        require_apart(directory, keys)


def require_apart(directory: Path, keys: Path) -> None:
    """Refuse keys inside their log, and a log inside its keys.

    Raises:
        UsageError: one lies in the other.
    """
    log, held = directory.resolve(), keys.resolve()
    if log.is_relative_to(held) or held.is_relative_to(log):
        raise UsageError(
            f"the keys `{keys}` and the log `{directory}` must lie apart",
            help_text="whoever copies the log must not get its keys with it",
        )
