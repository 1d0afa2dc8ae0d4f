"""Waiting for a launch to end, or ending it. Layer: runtime.

On a pidfd: a wait with a time limit sleeps between looks, and a survivor may hold the pipes
open after the command is gone.
"""

from __future__ import annotations

import select
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MS: Final = 1000


@dataclass(frozen=True, slots=True)
class Ending:
    """Why the wait ended: empty where the command ended by itself.

    Attributes:
        cause: `timeout`, `limit`, or empty.
        resource: the resource of a limit; empty where whoever signalled knows it.
    """

    cause: str
    resource: str


BY_ITSELF: Final = Ending("", "")


def wait(
    pidfd: int,
    ending: tuple[int, Callable[[], object]],
    over: Mapping[int, str],
    wall_clock_ms: int,
) -> Ending:
    """Wait until a process ends, or must end.

    Args:
        pidfd: of the process.
        ending: a descriptor that is readable when it is about to end, and what is done then.
        over: descriptors that are readable once a limit was exceeded, and its resource.
        wall_clock_ms: how long it may run.
    """
    end = time.monotonic() + wall_clock_ms / _MS
    poll = select.poll()
    for fd in (pidfd, ending[0], *over):
        poll.register(fd, select.POLLIN)
    while True:
        left = max(0.0, end - time.monotonic())
        ready = {fd for fd, _ in poll.poll(left * _MS)}
        if ending[0] in ready:
            ending[1]()
            poll.unregister(ending[0])
        if pidfd in ready:
            return BY_ITSELF
        for fd in ready & over.keys():
            return Ending("limit", over[fd])
        if time.monotonic() >= end:
            return Ending("timeout", "")
