"""One plain request until its body and its answer's head have passed. Layer: runtime.

A host may answer before it has read the body, and close: that is its answer, and no failure of
the connection. So both ends are listened to at once, and whatever a host says is passed on while
the body is still under way, and where nothing can be sent to it any more.
"""

from __future__ import annotations

import select
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wilkc.runtime.egress.answer import AnswerReader
from wilkc.runtime.egress.chunks import Chunks, Sized
from wilkc.runtime.egress.client import GoneError
from wilkc.runtime.egress.failures import MalformedError, UnreachableError
from wilkc.runtime.egress.refusals import TRAFFIC_USED_UP
from wilkc.runtime.egress.relay import IDLE_SECONDS, await_turn

if TYPE_CHECKING:
    import socket

    from wilkc.runtime.egress.channel import Channel
    from wilkc.runtime.egress.client import Client
    from wilkc.runtime.egress.head import Head
    from wilkc.runtime.egress.meter import Meter

_READ: Final = 65_536
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_MS: Final = 1000


@dataclass(slots=True)
class Exchange:
    """A request on its way to a host.

    Attributes:
        client: who asked.
        host: the connection to the host.
        channel: whatever is said on it ends the exchange.
        meter: counts.
        deadline: of the whole connection, on the monotonic clock.
        idle_seconds: without a byte from whoever is to say something.
        sent: bytes that the host was given.
        received: bytes of the answer that the client was given.
        answered: whether the answer's head has come, and was passed on.
    """

    client: Client
    host: socket.socket
    channel: Channel
    meter: Meter
    deadline: float
    idle_seconds: float = IDLE_SECONDS
    sent: int = 0
    received: int = 0
    answered: bool = False
    _reader: AnswerReader = field(default_factory=AnswerReader)
    _over: bool = False

    def run(self, head: Head) -> None:
        """Pass the request on, and the beginning of its answer back.

        Raises:
            MalformedError: the body is none, or does not come.
            UnreachableError: there is no answer of HTTP/1.1, it takes too long, the limit is
                used up, or the shim ends it.
            GoneError: the client has gone.
        """
        self.host.setblocking(False)  # noqa: FBT003  # the name of the method says it
        self._put(head.onward())
        if head.expects and not self.answered:
            self._say(_CONTINUE)
        body = Chunks() if head.length is None else Sized(head.length)
        while not body.done and not self._over:
            self._put(body.take(self._more()))
        # What follows the body would be another request, which nobody was asked about.
        self.client.rest = b""
        while not self.answered:
            self._wait(self.host.fileno(), select.POLLIN)
            self._hear()

    def _more(self) -> bytes:
        """More of the body; nothing where the host speaks first."""
        if self.client.rest:
            piece, self.client.rest = self.client.rest, b""
            return piece
        ready = self._wait(self.client.end.fileno(), select.POLLIN, body=True)
        if self.host.fileno() in ready:
            self._hear()
        if self.client.end.fileno() not in ready:
            return b""
        try:
            return self.client.receive(time.monotonic() + self.idle_seconds, "body_late")
        except GoneError:
            if not self.answered:
                raise
            # It says no more, as it has its answer; the answer's end is still to come to it.
            self._over = True
            return b""

    def _put(self, data: bytes) -> None:
        if data:
            self._spend(len(data), sent=True)
        while data and not self._over:
            ready = self._wait(self.host.fileno(), select.POLLOUT)
            # Answers first: a host that closed can be read still, but not written to.
            if ready.get(self.host.fileno(), 0) & ~select.POLLOUT:
                self._hear()
                continue
            if self.host.fileno() not in ready:
                # The client has its answer, and does not wait until the body was taken.
                self._over = True
                return
            try:
                count = self.host.send(data)
            except BlockingIOError:
                continue
            except OSError:
                self._over = True
                return
            data = data[count:]
            self.sent += count

    def _hear(self) -> None:
        """Read what the host says, and pass it on from the answer's beginning."""
        try:
            piece = self.host.recv(_READ)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if not piece and not self.answered:
            raise UnreachableError("answer_malformed", "the host ended without an answer")
        if not piece:
            self._over = True
        elif self.answered:
            self._pass(piece)
        else:
            self._begin(piece)

    def _begin(self, piece: bytes) -> None:
        found = self._reader.take(piece)
        if found is not None:
            self._pass(b"".join(found))
            self.answered = True

    def _pass(self, data: bytes) -> None:
        self._spend(len(data), sent=False)
        self.received += len(data)
        self._say(data)
        self._await_turn()

    def _await_turn(self) -> None:
        """Wait for what was carried; else a body that never ends would be a way at any rate."""
        stopped = await_turn(self.meter, self.channel, self.deadline)
        if stopped is not None:
            raise _told() if stopped == "told" else _time_over()

    def _spend(self, count: int, *, sent: bool) -> None:
        """Count bytes before they are carried, once it is their turn."""
        self._await_turn()
        if not self.meter.spend(count, sent=sent):
            raise used_up()

    def _say(self, data: bytes) -> None:
        """Send to the client, which may take its time, but not from whoever ends this."""
        if not self.client.send(data, unless=self.channel.fileno()):
            raise _told()

    def _wait(self, fd: int, events: int, *, body: bool = False) -> dict[int, int]:
        """Wait until an end can be used, or the host speaks."""
        wanted = {fd: events, self.channel.fileno(): select.POLLIN}
        wanted[self.host.fileno()] = wanted.get(self.host.fileno(), 0) | select.POLLIN
        if self.answered:
            # One that has gone altogether; one that only says no more may have said it all.
            client = self.client.end.fileno()
            wanted[client] = wanted.get(client, 0)
        poll = select.poll()
        for one, what in wanted.items():
            poll.register(one, what)
        left = self.deadline - time.monotonic()
        # Also where there is something to do: a host that drips would have time without end.
        if left <= 0:
            raise _time_over()
        ready = dict(poll.poll(min(left, self.idle_seconds) * _MS))
        if self.channel.fileno() in ready:
            raise _told()
        if ready:
            return ready
        if left <= self.idle_seconds:
            raise _time_over()
        if self.answered:
            # Nobody takes the body, or gives more of it; the answer may still go on.
            self._over = True
            return {}
        if body:
            raise MalformedError("body_late", "what is to be sent first did not come in time")
        raise UnreachableError("answer_late", "the host does not answer in time")


def used_up() -> UnreachableError:
    """The end of a connection that may carry no more."""
    return UnreachableError(TRAFFIC_USED_UP, "the command has used up its share of the network")


def _told() -> UnreachableError:
    return UnreachableError("told", "the connection has to end: it is not allowed any more")


def _time_over() -> UnreachableError:
    return UnreachableError("time_over", "the rule gives a connection no more time")
