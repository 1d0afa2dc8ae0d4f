"""The proxy's own process: takes connections and serves each in a thread. Layer: runtime.

Forked from the shim, so that it costs no start of an interpreter. It keeps nothing of the shim
but the pair of sockets to it; if the shim is root it gives that up first. It ends with the shim.
"""

from __future__ import annotations

import ctypes
import fcntl
import gc
import os
import resource
import select
import signal
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NoReturn

from wilkc.runtime.egress.channel import Channel
from wilkc.runtime.egress.client import Client
from wilkc.runtime.egress.connection import Connection
from wilkc.runtime.egress.crew import Crew
from wilkc.runtime.egress.namespace import PORTS
from wilkc.runtime.egress.refusals import TOO_MANY, TRAFFIC_USED_UP, own_refusal, refusal_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from wilkc.core.contract import Decision
    from wilkc.runtime.egress.connection import Door
    from wilkc.runtime.egress.meter import Meter
    from wilkc.runtime.egress.outside import Outside

MAX_CONNECTIONS: Final = 256
"""Open at once, whatever a plan says: each has a thread here and in the shim."""
SESSION: Final = b"session"
LISTENERS: Final = b"listeners"
_MAX_REFUSALS: Final = 16
"""Refusals that are being read and written at once; what comes above them is just closed."""
_CONTROL: Final = 3
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38
_libc: Final = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the proxy of a launch is told.

    Attributes:
        launch: id of the launch.
        connections: how many may be open at once.
        meter: counts.
        outside: the ways out.
        uid: whom to become, or None to stay.
    """

    launch: str
    connections: int
    meter: Meter
    outside: Outside
    uid: int | None


def start(settings: Settings) -> tuple[int, socket.socket]:
    """Fork the proxy; the answer is its process id and the shim's end of the pair.

    Must be called from a thread that lives as long as the proxy shall.

    Raises:
        OSError: there is no room for another process.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    parent = os.getpid()
    try:
        child = os.fork()
    except OSError:
        ours.close()
        theirs.close()
        raise
    if child == 0:
        _run(settings, theirs, parent)
    theirs.close()
    return child, ours


def _run(settings: Settings, theirs: socket.socket, parent: int) -> NoReturn:
    """In the child; it never returns to what forked it."""
    try:
        # What was made before the fork belongs to the parent: nothing of it is ever ended here.
        gc.freeze()
        control = _alone(theirs)
        _drop(settings.uid)
        # Whoever died before this was said would not end this process.
        if os.getppid() == parent:
            _Proxy(settings, control).serve()
    except BaseException:  # noqa: BLE001  # an end is all that is left to do
        os._exit(1)
    finally:
        os._exit(0)


def _alone(theirs: socket.socket) -> socket.socket:
    """The pair's end as the only descriptor beside three that lead nowhere."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # Out of the way of what is put below it.
    held = fcntl.fcntl(theirs.detach(), fcntl.F_DUPFD_CLOEXEC, _CONTROL + 1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for fd in range(_CONTROL):
        os.dup2(nowhere, fd)
    os.dup2(held, _CONTROL, inheritable=False)
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208  # names, not paths
        if int(name) > _CONTROL:
            with suppress(OSError):
                os.close(int(name))
    return socket.socket(fileno=_CONTROL)


def _drop(uid: int | None) -> None:
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for option, value in (
        (_PR_SET_NO_NEW_PRIVS, 1),
        (_PR_SET_DUMPABLE, 0),
        # After the identity: changing that takes it back (prctl(2)).
        (_PR_SET_PDEATHSIG, signal.SIGKILL),
    ):
        if _libc.prctl(option, value, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


@dataclass(slots=True)
class _Proxy:
    settings: Settings
    control: socket.socket
    _crew: Crew = field(default_factory=lambda: Crew("wilk-proxy"))
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _open: int = 0
    _refusing: int = 0
    _count: int = 0

    def serve(self) -> None:
        """Take connections until the shim has gone."""
        doors = self._doors()
        poll = select.poll()
        for fd in (self.control.fileno(), *doors):
            poll.register(fd, select.POLLIN)
        while True:
            ready = {fd for fd, _ in poll.poll()}
            if self.control.fileno() in ready:
                return
            for fd in ready:
                listener, door = doors[fd]
                with suppress(OSError):
                    self._take(listener.accept()[0], door)

    def _doors(self) -> dict[int, tuple[socket.socket, Door]]:
        """The listeners, once the shim has made them."""
        word, fds, _, _ = socket.recv_fds(self.control, len(LISTENERS), len(PORTS))
        if word != LISTENERS or len(fds) != len(PORTS):
            raise OSError("there is nothing to listen on")
        http, socks = (socket.socket(fileno=fd) for fd in fds)
        return {http.fileno(): (http, "http"), socks.fileno(): (socks, "socks")}

    def _take(self, end: socket.socket, door: Door) -> None:
        settings = self.settings
        with self._lock:
            self._count += 1
            request_id = f"{settings.launch}-{self._count}"
            room = self._open < min(settings.connections, MAX_CONNECTIONS)
            over = settings.meter.is_used_up()
            granted = room and not over
            self._open += granted
            self._refusing += not granted
            crowded = self._refusing > _MAX_REFUSALS
        if granted:
            settings.meter.add(opened=1)
            self._begin(lambda: self._serve(end, door, request_id), end)
            return
        settings.meter.add(refused=1, crowded=not room, over=room, spent=room)
        decision = _no_room() if not room else _no_traffic()
        if crowded:
            end.close()
            with self._lock:
                self._refusing -= 1
        else:
            self._begin(lambda: self._turn_away(end, door, decision, request_id), end)

    def _begin(self, work: Callable[[], None], end: socket.socket) -> None:
        try:
            self._crew.begin(work)
        except RuntimeError:
            # No more threads: whoever asks gets nothing, and its place is not given again.
            end.close()

    def _serve(self, end: socket.socket, door: Door, request_id: str) -> None:
        try:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                socket.send_fds(self.control, [SESSION], [theirs.fileno()])
            settings = self.settings
            Connection(
                Client(end), door, Channel(ours), settings.meter, settings.outside, self._crew,
                request_id,
            ).run()  # fmt: skip
        except OSError:
            end.close()
        finally:
            self.settings.meter.add(ended=1)
            with self._lock:
                self._open -= 1

    def _turn_away(
        self, end: socket.socket, door: Door, decision: Decision, request_id: str
    ) -> None:
        try:
            if door == "http":
                Client(end).farewell(refusal_answer(decision, request_id))
        finally:
            end.close()
            with self._lock:
                self._refusing -= 1


def _no_room() -> Decision:
    text = "as many connections are open as this command may have at once"
    return own_refusal(TOO_MANY, text)


def _no_traffic() -> Decision:
    text = "the command has used up its share of the network"
    return own_refusal(TRAFFIC_USED_UP, text)
