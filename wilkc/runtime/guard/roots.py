"""The directories that `.` and `~` stand for. Layer: runtime. Looks at the file system."""

from __future__ import annotations

import os
import pwd

from wilkc.core.errors import UsageError
from wilkc.runtime.sandbox.names import Roots


def roots_of(workspace: str | os.PathLike[str], home: str | os.PathLike[str] | None) -> Roots:
    """What `.` and `~` stand for; arguments as for `Guard`.

    Raises:
        UsageError: a directory is not there.
    """
    return Roots(_directory(workspace), _own_home() if home is None else _directory(home))


def _directory(path: str | os.PathLike[str]) -> str:
    real = os.path.realpath(os.fspath(path))
    if not os.path.isdir(real):  # noqa: PTH112  # text of any bytes
        raise UsageError(f"there is no directory `{os.fspath(path)}`")
    return real


def _own_home() -> str | None:
    """By the user database: a variable could be set so that no rule about `~` applies."""
    try:
        directory = pwd.getpwuid(os.geteuid()).pw_dir
    except KeyError:
        return None
    real = os.path.realpath(directory)
    return real if real != "/" and os.path.isdir(real) else None  # noqa: PTH112
