"""The way out of one launch, as the shim holds it. Layer: runtime.

Opened before bubblewrap is started, connected to the sandbox while it is blocked, closed
whatever happens. Where the proxy dies its listeners die with it: connects inside fail.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from wilkc.runtime.audit import Circumstances
from wilkc.runtime.egress.channel import Channel
from wilkc.runtime.egress.identity import proxy_uid
from wilkc.runtime.egress.judging import ANSWER_SECONDS, Judge
from wilkc.runtime.egress.meter import Meter
from wilkc.runtime.egress.namespace import open_listeners
from wilkc.runtime.egress.outside import Outside
from wilkc.runtime.egress.session import Session
from wilkc.runtime.egress.tally import LOOK_SECONDS, Tally
from wilkc.runtime.egress.worker import LISTENERS, MAX_CONNECTIONS, SESSION, Settings, start
from wilkc.runtime.sandbox.refusal import SandboxRefusedError
from wilkc.runtime.sandbox.usage import Traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from wilkc.runtime.egress.judging import NetworkPoint
    from wilkc.runtime.guard.recording import Recorder
    from wilkc.runtime.limits import RateStore
    from wilkc.runtime.sandbox import Job

_CLOSING_SECONDS: Final = 3.0
_ENDING: Final = 8
"""Connections whose ends are still being recorded while others have taken their places."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """Makes the way out of launches whose plan says `network: restricted`.

    Attributes:
        point: decides on each connection.
        recorder: keeps the record; nothing is dialled that is not on it.
        rates: counts hits; without it a grant with a rate limit is a denial.
        circumstances: of the command, for the record of its connections.
        outside: how names are looked up and addresses dialled.
        seconds: time for each question to the decision point.
    """

    point: NetworkPoint
    recorder: Recorder
    rates: RateStore | None = None
    circumstances: Circumstances | None = None
    outside: Outside = field(default_factory=Outside)
    seconds: float = ANSWER_SECONDS

    def open(self, job: Job, uid: int) -> Way:
        """Start the proxy of a launch, from the thread that launches.

        Args:
            job: what is launched.
            uid: whom the command runs as.

        Raises:
            SandboxRefusedError: it cannot be started.
        """
        limits = job.plan.limits
        meter = Meter(limits.network)
        settings = Settings(job.launch, limits.connections, meter, self.outside, proxy_uid(uid))
        try:
            pid, control = start(settings)
        except OSError as error:
            raise SandboxRefusedError(
                "sandbox.start_failed", f"the proxy cannot be started: {error.strerror}"
            ) from error
        judge = Judge(
            self.point, self.recorder, self.rates, job.agent, job.launch,
            self.circumstances or Circumstances(), self.seconds,
        )  # fmt: skip
        return Way(pid, control, judge, meter, job)


class Way:
    """The running proxy of one launch.

    Args:
        pid: of the proxy's process.
        control: the pair's end to it.
        judge: decides on connections.
        meter: what it carried.
        job: what was launched.
    """

    def __init__(
        self, pid: int, control: socket.socket, judge: Judge, meter: Meter, job: Job
    ) -> None:
        self.pid = pid
        self._control = control
        self._judge = judge
        self._meter = meter
        self._looks_again = job.plan.violation == "terminate"
        self._stopping = threading.Event()
        # Threads that serve one connection after the other keep theirs to the decision point.
        self._threads = ThreadPoolExecutor(
            min(job.plan.limits.connections, MAX_CONNECTIONS) + _ENDING, "wilk-egress"
        )
        self._sessions: set[Future[None]] = set()
        self._tally = Tally(judge, meter)
        self._telling: threading.Thread | None = None
        self._status: int | None = None
        self._attending: threading.Thread | None = None

    def listen(self, pid: int, document: Mapping[str, Any]) -> None:
        """Let processes of the sandbox connect.

        Args:
            pid: the blocked process.
            document: bubblewrap's status document.

        Raises:
            SandboxRefusedError: the listeners cannot be made there, or the proxy has died.
        """
        inode = document.get("net-namespace")
        if not isinstance(inode, int):
            raise SandboxRefusedError(
                "sandbox.start_failed", "bubblewrap does not say which network namespace it made"
            )
        self.serve(open_listeners(pid, inode))

    def serve(self, listeners: Sequence[socket.socket]) -> None:
        """Let whoever comes by these sockets connect; they are the proxy's from now on.

        Args:
            listeners: one for HTTP, one for SOCKS5.

        Raises:
            SandboxRefusedError: the proxy has died.
        """
        try:
            socket.send_fds(self._control, [LISTENERS], [one.fileno() for one in listeners])
        except OSError as error:
            raise SandboxRefusedError("sandbox.start_failed", "the proxy has died") from error
        finally:
            # The proxy's alone: when it dies, nobody listens.
            for one in listeners:
                one.close()
        self._attending = _begun(self._attend)
        self._telling = _begun(self._tell)

    def traffic(self) -> Traffic:
        """What was carried until now, and the connections that are open."""
        now = self._meter.read()
        return Traffic(now.received, now.sent, now.open)

    def brake(self, on: bool, /) -> None:  # noqa: FBT001  # the one thing that it is told
        """Halve the rate, or restore it."""
        self._meter.brake(on)

    def close(self) -> None:
        """End all connections and the proxy, with their records; never raises."""
        self._stopping.set()
        wait(tuple(self._sessions), _CLOSING_SECONDS)
        # The end of the pair is what the proxy ends by; one that does not is killed.
        with suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        self._reap()
        for thread in (self._attending, self._telling):
            if thread is not None:
                thread.join(_CLOSING_SECONDS)
        self._control.close()
        if self._telling is None or not self._telling.is_alive():
            self._tally.look(last=True)
        self._threads.shutdown(wait=False)

    def record(self) -> dict[str, Any]:
        """What the launch's record says of its network."""
        traffic = self._meter.read()
        return {
            "bytes_sent": traffic.sent,
            "bytes_received": traffic.received,
            "connections": traffic.opened,
            "refused": traffic.refused,
            "refused_crowded": traffic.crowded,
            "refused_malformed": traffic.malformed,
            "limit_exceeded": traffic.over > 0,
            "proxy_died": self._status not in {None, 0},
        }

    def _tell(self) -> None:
        """Put on record what the proxy refuses by itself, while it goes on."""
        while not self._stopping.wait(LOOK_SECONDS):
            self._tally.look()

    def _attend(self) -> None:
        """Serve a session for each connection that the proxy takes, until the proxy ends."""
        while True:
            try:
                word, fds, _, _ = socket.recv_fds(self._control, len(SESSION), 1)
            except OSError:
                return
            if not word:
                return
            for fd in fds:
                self._begin(Channel(socket.socket(fileno=fd)))

    def _begin(self, channel: Channel) -> None:
        session = Session(channel, self._judge, self._looks_again, self._stopping)
        try:
            begun = self._threads.submit(session.run)
        except RuntimeError:
            # Without a thread there is no answer, and without an answer no connection.
            channel.close()
            return
        self._sessions.add(begun)
        begun.add_done_callback(self._sessions.discard)

    def _reap(self) -> None:
        """Wait for the proxy's end, or bring it about."""
        if self._status is not None:
            return
        handle = os.pidfd_open(self.pid)
        try:
            if not select.select([handle], [], [], _CLOSING_SECONDS)[0]:
                signal.pidfd_send_signal(handle, signal.SIGKILL)
            self._status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        finally:
            os.close(handle)


def _begun(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True, name="wilk-egress")
    thread.start()
    return thread
