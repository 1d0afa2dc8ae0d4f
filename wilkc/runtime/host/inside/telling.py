"""How an attack says that it was refused. Layer: runtime, inside the sandbox."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any

Do = Callable[[dict[str, Any]], object]
"""A control or an attack; it takes what the program was given, and returns what it reached."""

HELD_BY = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.EBUSY, errno.EXDEV,
     errno.ENOSYS, errno.ENETUNREACH, errno.ECONNREFUSED, errno.ESRCH, errno.EAFNOSUPPORT,
     errno.ENOTDIR, errno.EIO, errno.ENOSPC, errno.EAGAIN}
)  # fmt: skip
"""Refusals. Any other error means that the attack was not really made."""


class HeldError(Exception):
    """The attack was made and did not reach what it was after."""


def told(error: Exception) -> str:
    """An error in a word: the kernel's name of it, or what it says."""
    if isinstance(error, OSError) and error.errno:
        return errno.errorcode.get(error.errno, str(error.errno))
    return str(error) or type(error).__name__
