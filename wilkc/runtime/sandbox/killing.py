"""Killing the processes that a list names, and no others. Layer: runtime. pidfd_open(2).

A command decides how often a number is given to another process. Between reading it and using it
that may be one of anybody's, and root may kill any; so a process is held first, and looked up again
in the list: what it then still names is what is held, or has ended.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_AT_ONCE: Final = 64
"""Descriptors that are held together."""


def kill_those(listed: Callable[[], Iterable[int]]) -> None:
    """Kill every process of a list.

    Args:
        listed: reads the list, now.
    """
    pids = list(listed())
    for first in range(0, len(pids), _AT_ONCE):
        _kill(pids[first : first + _AT_ONCE], listed)


def kill_if(pid: int, meant: Callable[[int], bool]) -> None:
    """Kill one process, if it is the one that is meant.

    Args:
        pid: its number.
        meant: whether the process that has the number now is.
    """
    kill_those(lambda: [pid] if meant(pid) else [])


def _kill(pids: Iterable[int], listed: Callable[[], Iterable[int]]) -> None:
    held: dict[int, int] = {}
    try:
        for pid in pids:
            with suppress(OSError):
                held[pid] = os.pidfd_open(pid)
        still = set(listed())
        for fd in [fd for pid, fd in held.items() if pid in still]:
            with suppress(OSError):
                signal.pidfd_send_signal(fd, signal.SIGKILL)
    finally:
        for fd in held.values():
            os.close(fd)
