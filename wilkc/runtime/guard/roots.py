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
    top = _directory(workspace, "workspace")
    return Roots(top, _own_home() if home is None else _directory(home, "home"))


def _directory(path: str | os.PathLike[str], what: str) -> str:
    real = os.path.realpath(os.fspath(path))
    if not os.path.isdir(real):  # noqa: PTH112  # text of any bytes
        raise UsageError(f"the {what} `{os.fspath(path)}` is no directory that is there")
    return real


def _own_home() -> str | None:
    """By the user database: a variable could be set so that no rule about `~` applies.

    Returns:
        None where it knows none; then no path can be judged. One that is not there yet has its
        name all the same.
    """
    try:
        directory = pwd.getpwuid(os.geteuid()).pw_dir
    except KeyError:
        return None
    return os.path.realpath(directory) if directory.startswith("/") else None
