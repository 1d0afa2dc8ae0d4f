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
    from collections.abc import Callable, Mapping, Sequence

_MS: Final = 1000


@dataclass(frozen=True, slots=True)
class Look:
    """Something that may have to end the command, once it is looked at.

    Attributes:
        fd: descriptor that is ready when it is to be looked at.
        events: for which it is ready (poll(2)).
        lost: looks, and names what was lost; empty for nothing.
    """

    fd: int
    events: int
    lost: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Ending:
    """Why the wait ended: empty where the command ended by itself.

    Attributes:
        cause: `timeout`, `limit`, `lifted`, or empty.
        resource: of a limit, empty where whoever signalled knows it; the path of a lifted mask.
    """

    cause: str
    resource: str


BY_ITSELF: Final = Ending("", "")


def wait(
    pidfd: int,
    ending: tuple[int, Callable[[], object]],
    over: Mapping[int, str],
    looks: Sequence[Look],
    times: tuple[int, float | None],
) -> Ending:
    """Wait until a process ends, or must end.

    Args:
        pidfd: of the process.
        ending: a descriptor that is readable when it is about to end, and what is done then.
        over: descriptors that are readable once a limit was exceeded, and its resource.
        looks: what is looked at meanwhile.
        times: how long it may run, in ms; and after how many seconds all is looked at untold.
    """
    wall_clock_ms, untold = times
    end = time.monotonic() + wall_clock_ms / _MS
    poll = select.poll()
    for fd in (pidfd, ending[0], *over):
        poll.register(fd, select.POLLIN)
    for look in looks:
        poll.register(look.fd, look.events)
    while True:
        left = max(0.0, end - time.monotonic())
        ready = {fd for fd, _ in poll.poll((left if untold is None else min(left, untold)) * _MS)}
        # What was lost is told also where the command has ended meanwhile.
        due = looks if not ready or pidfd in ready else [one for one in looks if one.fd in ready]
        lost = next(filter(None, (look.lost() for look in due)), "")
        if lost:
            return Ending("lifted", lost)
        if ending[0] in ready:
            ending[1]()
            poll.unregister(ending[0])
        if pidfd in ready:
            return BY_ITSELF
        for fd in ready & over.keys():
            return Ending("limit", over[fd])
        if time.monotonic() >= end:
            return Ending("timeout", "")
