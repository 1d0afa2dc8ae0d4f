"""Listeners inside a sandbox's network namespace, made from outside. Layer: runtime.

setns(2), namespaces(7), ioctl_ns(2). A forked child goes in and hands the descriptors back; the
descriptor then is the sandbox's identity: whoever comes by it is inside, and nobody else can.
The child does nothing but system calls, so that it does not matter which threads this process
has.
"""

from __future__ import annotations

import os
import select
import signal
import socket
from contextlib import suppress
from typing import Final, NoReturn

from wilkc.runtime.sandbox.entering import NETWORK, USER, enter, namespace_of, owner_of
from wilkc.runtime.sandbox.refusal import SandboxRefusedError

HTTP_PORT: Final = 3128
SOCKS_PORT: Final = 1080
PORTS: Final = (HTTP_PORT, SOCKS_PORT)
ADDRESS: Final = "127.0.0.1"
_SECONDS: Final = 5.0
_BACKLOG: Final = 128
_IP_FREEBIND: Final = 15
_DONE: Final = b"."
_WORDS: Final = 300


def open_listeners(pid: int, inode: int) -> tuple[socket.socket, ...]:
    """Listening sockets in the network namespace of a process, one for each of `PORTS`.

    Args:
        pid: the blocked process, in this process's own process namespace.
        inode: of its network namespace, as bubblewrap's status document says it.

    Raises:
        SandboxRefusedError: they cannot be made, or it is another namespace.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        child = os.fork()
        if child == 0:
            _enter(pid, inode, theirs)
        theirs.close()
        try:
            return _received(ours)
        finally:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _received(ours: socket.socket) -> tuple[socket.socket, ...]:
    if not select.select([ours], [], [], _SECONDS)[0]:
        raise _refused("it takes too long")
    words, fds, _, _ = socket.recv_fds(ours, _WORDS, len(PORTS))
    found = tuple(socket.socket(fileno=fd) for fd in fds)
    if words != _DONE or len(found) != len(PORTS):
        for one in found:
            one.close()
        raise _refused(words.decode("utf-8", "replace") or "the child ended")
    return found


def _enter(pid: int, inode: int, theirs: socket.socket) -> NoReturn:
    """In the child: go in, listen, hand over, end; it never returns to what forked it."""
    try:
        try:
            _go(pid, inode)
            found = [_listener(port) for port in PORTS]
            socket.send_fds(theirs, [_DONE], [one.fileno() for one in found])
        except OSError as error:
            theirs.send((error.strerror or "cannot be entered").encode()[:_WORDS])
    finally:
        os._exit(0)


def _go(pid: int, inode: int) -> None:
    place = namespace_of(pid, "net", inode)
    if os.geteuid() != 0:
        enter(owner_of(place), USER)
    enter(place, NETWORK)


def _listener(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # The loopback device may not be up yet.
    made.setsockopt(socket.IPPROTO_IP, _IP_FREEBIND, 1)
    made.bind((ADDRESS, port))
    made.listen(_BACKLOG)
    return made


def _refused(why: str) -> SandboxRefusedError:
    return SandboxRefusedError(
        "sandbox.start_failed",
        f"the proxy cannot listen in the sandbox's network namespace: {why}",
        help_text="run `wilkc doctor`, or set `isolation.network: none`",
    )
