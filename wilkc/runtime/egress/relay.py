"""Carrying bytes both ways, counted, until somebody ends it. Layer: runtime.

splice(2) moves them through a pipe inside the kernel, so that nothing is copied here.
"""

from __future__ import annotations

import fcntl
import os
import select
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from wilkc.runtime.egress.channel import Channel
    from wilkc.runtime.egress.meter import Meter

IDLE_SECONDS: Final = 60.0
_PIECE: Final = 2**20
_MS: Final = 1000

End = Literal["ended", "reset", "idle", "time_over", "limit", "told"]


@dataclass(slots=True)
class _Way:
    """One direction; `lost` is the end that was found to be gone."""

    source: socket.socket
    sink: socket.socket
    sent: bool
    lost: socket.socket | None = None
    carried: int = 0
    held: int = 0
    open: bool = True
    pipe: tuple[int, int] = field(default=(-1, -1))

    def begin(self) -> None:
        self.pipe = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        # Fewer system calls for the same bytes; a host that allows less gives less.
        with suppress(OSError):
            fcntl.fcntl(self.pipe[1], fcntl.F_SETPIPE_SZ, _PIECE)

    def close(self) -> None:
        for fd in self.pipe:
            if fd >= 0:
                os.close(fd)

    def step(self, meter: Meter) -> int | None:
        """Move what can be moved: bytes taken from the source; None where the limit stops it."""
        taken: int | None = 0
        if self.held == 0 and self.open:
            try:
                taken = meter.carry(self._fill, _PIECE, sent=self.sent)
            except BlockingIOError:
                pass
            except OSError:
                self.open, self.lost = False, self.source
        if self.held:
            try:
                self.held -= os.splice(self.pipe[0], self.sink.fileno(), self.held)
            except BlockingIOError:
                pass
            except OSError:
                self.open, self.held, self.lost = False, 0, self.sink
        if self.over:
            with suppress(OSError):
                self.sink.shutdown(socket.SHUT_WR)
        return taken

    def _fill(self, room: int) -> int:
        taken = os.splice(self.source.fileno(), self.pipe[1], room)
        self.open = taken > 0
        self.held = taken
        self.carried += taken
        return taken

    @property
    def over(self) -> bool:
        return not self.open and self.held == 0

    @property
    def awaits(self) -> int:
        """The descriptor without which nothing can be moved; -1 where all was moved."""
        if self.held:
            return self.sink.fileno()
        return self.source.fileno() if self.open else -1


@dataclass(frozen=True, slots=True)
class Carried:
    """How a relay ended: bytes to the host, bytes from it, and why."""

    sent: int
    received: int
    end: End


def relay(  # noqa: PLR0913  # two ends, and what may end it
    client: socket.socket,
    host: socket.socket,
    channel: Channel,
    meter: Meter,
    deadline: float,
    *,
    both: bool = True,
) -> Carried:
    """Carry bytes until both ends have ended, or nothing moves, or it must end.

    Args:
        client: the connection from inside.
        host: the connection to the host.
        channel: whatever is said on it ends the relay.
        meter: counts, and says when it is enough.
        deadline: on the monotonic clock.
        both: whether the client may still send; else only the host's answer is carried.
    """
    up, down = _Way(client, host, sent=True), _Way(host, client, sent=False)
    up.open = both
    for end in (client, host):
        end.setblocking(False)  # noqa: FBT003  # the name of the method says it
        # What one side has sent at once must not wait for the other's acknowledgement.
        with suppress(OSError):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    ways = (up, down) if both else (down,)
    try:
        for way in ways:
            way.begin()
        end_of_it = _carry(ways, channel, meter, deadline)
    finally:
        for way in ways:
            way.close()
    return Carried(up.carried, down.carried, end_of_it)


def _carry(ways: tuple[_Way, ...], channel: Channel, meter: Meter, deadline: float) -> End:
    idle = time.monotonic() + IDLE_SECONDS
    watch = _Watch(channel)
    while True:
        now = time.monotonic()
        if now >= min(deadline, idle):
            return "time_over" if now >= deadline else "idle"
        if meter.owed():
            if stopped := await_turn(meter, channel, deadline):
                return stopped
            # Neither end was silent meanwhile: nobody listened.
            idle = time.monotonic() + IDLE_SECONDS
            continue
        ready = watch.ready(ways, min(deadline, idle) - now)
        if channel.fileno() in ready:
            return "told"
        moved = [way.step(meter) for way in ways if way.awaits in ready]
        if _without_client(ways):
            return "reset"
        if None in moved:
            return "limit"
        if any(moved):
            idle = time.monotonic() + IDLE_SECONDS
        if all(way.over for way in ways):
            return "reset" if any(way.lost for way in ways) else "ended"


def await_turn(
    meter: Meter, channel: Channel, deadline: float
) -> Literal["time_over", "told"] | None:
    """Wait until what was carried is paid for, by whichever connection it was.

    Returns:
        Why nothing may be carried any more, or None.
    """
    while owed := meter.owed():
        left = deadline - time.monotonic()
        if left <= 0:
            return "time_over"
        # Another connection may be quicker, and what is owed is then more.
        if channel.speaks(min(owed, left)):
            return "told"
    return None


def _without_client(ways: tuple[_Way, ...]) -> bool:
    """Whether the client has gone; where the host has, its last words are still to be carried."""
    client = ways[-1].sink
    for way in ways:
        if way.lost is client:
            return True
        if way.lost is not None and not way.sent:
            # Nobody is left to take what the client sends.
            for other in ways:
                if other.sent:
                    other.open, other.held = False, 0
    return False


class _Watch:
    """Waits until something can be moved; the kernel is told anew only what has changed.

    Args:
        channel: is waited for as well.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel.fileno()
        self._wanted: dict[int, int] = {}
        self._poll = select.poll()

    def ready(self, ways: tuple[_Way, ...], seconds: float) -> set[int]:
        wanted = {self._channel: select.POLLIN}
        for way in ways:
            if (fd := way.awaits) >= 0:
                wanted[fd] = wanted.get(fd, 0) | (select.POLLOUT if way.held else select.POLLIN)
        if wanted != self._wanted:
            # From scratch: an end that is not waited for would go on saying that it is closed.
            self._wanted, self._poll = wanted, select.poll()
            for fd, events in wanted.items():
                self._poll.register(fd, events)
        return {fd for fd, _ in self._poll.poll(max(seconds, 0) * _MS)}
