"""Starting a command without namespaces: `isolation.type: process`. Layer: runtime.

What such a command gets is another user, a system call filter, limits, a control group, a clean
environment and private directories; no file rule holds for it. It is started as bubblewrap starts
one, so that everything around it is the same: a process between that waits for its orders, says
on the status pipe whom it made and how that ended, and dies with the shim; and the command, which
waits at the gate until it has been looked at. Both run nothing but system calls after the fork.
"""

from __future__ import annotations

import ctypes
import fcntl
import gc
import json
import os
import resource
import select
import signal
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple, NoReturn

from wilkc.runtime.sandbox.handing import RESULT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.runtime.sandbox.identity import Identity

EXEC_FAILED: Final = "wilk: execvp"
"""How the complaint of a command begins that could not be executed."""
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_SECCOMP: Final = 22
_PR_SET_NO_NEW_PRIVS: Final = 38
_SECCOMP_MODE_FILTER: Final = 2
_INSTRUCTION: Final = 8
_WORD: Final = 4096
_SIGNALLED: Final = 128
_libc: Final = ctypes.CDLL(None, use_errno=True)


class _Program(ctypes.Structure):
    """`struct sock_fprog` of `linux/filter.h`."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


@dataclass(frozen=True, slots=True)
class Order:
    """What is started.

    Attributes:
        command: program and arguments.
        environment: all of its variables.
        cwd: its working directory.
        identity: whom it becomes.
        limits: `resource` name of each limit and its value.
        nice: how much it gives way to others.
        filter: the system call filter, as it is loaded.
    """

    command: tuple[str, ...]
    environment: Mapping[str, str]
    cwd: str
    identity: Identity
    limits: Mapping[str, int]
    nice: int
    filter: bytes


@dataclass(frozen=True, slots=True)
class Ends:
    """Descriptors of the two processes.

    Attributes:
        orders: read to its end before the command is made.
        status: takes the status documents.
        gate: what the command waits for.
        result: what its descriptor 3 becomes; None where it has none.
    """

    orders: int
    status: int
    gate: int
    result: int | None = None


class _Held(NamedTuple):
    """Descriptors as the process between and the command have them."""

    orders: int
    status: int
    gate: int
    stdout: int
    stderr: int
    result: int | None

    def of_command(self) -> tuple[int, ...]:
        """Those that only the command needs."""
        return tuple(
            fd for fd in (self.gate, self.stdout, self.stderr, self.result) if fd is not None
        )


class Forked:
    """The process between, in the form of `subprocess.Popen`.

    Args:
        pid: its number.
        stdout: what the command prints.
        stderr: what it complains of.
    """

    def __init__(self, pid: int, stdout: BinaryIO, stderr: BinaryIO) -> None:
        self.pid = pid
        self.stdout: BinaryIO | None = stdout
        self.stderr: BinaryIO | None = stderr
        self.returncode: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end.

        Raises:
            TimeoutError: it did not end in time.
        """
        if self.returncode is None:
            handle = os.pidfd_open(self.pid)
            try:
                if not select.select([handle], [], [], timeout)[0]:
                    raise TimeoutError
            finally:
                os.close(handle)
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.returncode

    def kill(self) -> None:
        """End it."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)


def start_bare(order: Order, ends: Ends) -> Forked:
    """Fork the process between.

    Must be called from a thread that lives as long as the command.

    Raises:
        OSError: there is no room for another process.
    """
    outputs = [os.pipe2(os.O_CLOEXEC) for _ in range(2)]
    parent = os.getpid()
    try:
        child = os.fork()
        if child == 0:
            _between(order, ends, (outputs[0][1], outputs[1][1]), parent)
    except OSError:
        for read, _ in outputs:
            os.close(read)
        raise
    finally:
        for _, write in outputs:
            os.close(write)
    stdout, stderr = (os.fdopen(read, "rb", buffering=0) for read, _ in outputs)
    return Forked(child, stdout, stderr)


def _between(order: Order, ends: Ends, outputs: tuple[int, int], parent: int) -> NoReturn:
    """In the process between; it never returns to what forked it."""
    code = 1
    try:
        # What was made before the fork belongs to the parent: nothing of it is ever ended here.
        gc.disable()
        _own_signals()
        _dies_with(parent)
        held = _alone(_Held(ends.orders, ends.status, ends.gate, *outputs, ends.result))
        while os.read(held.orders, _WORD):
            pass
        told, failed = os.pipe2(os.O_CLOEXEC)
        own = os.getpid()
        child = os.fork()
        if child == 0:
            _become(order, held, failed, own)
        os.close(failed)
        for fd in held.of_command():
            os.close(fd)
        _say(held.status, {"child-pid": child})
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        # What was never executed has no exit code.
        if not os.read(told, 1):
            _say(held.status, {"exit-code": ended if ended >= 0 else _SIGNALLED - ended})
        code = 0
    except BaseException:  # noqa: BLE001  # an end is all that is left to do
        os._exit(1)
    finally:
        os._exit(code)


def _alone(held: _Held) -> _Held:
    """The same descriptors, out of the way of the standard ones, and no others."""
    first = (held.orders, held.status, held.gate, held.stdout, held.stderr)
    orders, status, gate, stdout, stderr = map(_above, first)
    result = None if held.result is None else _above(held.result)
    moved = _Held(orders, status, gate, stdout, stderr, result)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for fd in range(RESULT + 1):
        os.dup2(nowhere, fd, inheritable=fd < RESULT)
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208  # names, not paths
        if int(name) > RESULT and int(name) not in moved:
            with suppress(OSError):
                os.close(int(name))
    return moved


def _above(fd: int) -> int:
    return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, RESULT + 1)


def _become(order: Order, held: _Held, failed: int, parent: int) -> NoReturn:
    """In the child that becomes the command, or ends."""
    try:
        _stand_alone(order, held)
        # After the identity, which takes it back (prctl(2)).
        _dies_with(parent)
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)
        # The shim looks at it until it lets it go.
        if os.read(held.gate, 1) == b"1":
            _load(order.filter)
            _execute(order, failed)
    except BaseException:  # noqa: BLE001  # as above
        os._exit(1)
    finally:
        os._exit(1)


def _stand_alone(order: Order, held: _Held) -> None:
    os.setsid()
    os.umask(0o022)
    if order.nice:
        os.nice(order.nice)
    identity = order.identity
    os.setgroups([])
    os.setresgid(identity.gid, identity.gid, identity.gid)
    os.setresuid(identity.uid, identity.uid, identity.uid)
    os.chdir(order.cwd)
    os.dup2(held.stdout, 1)
    os.dup2(held.stderr, 2)
    if held.result is None:
        os.close(RESULT)
    else:
        os.dup2(held.result, RESULT)


def _load(program: bytes) -> None:
    held = _Program(len(program) // _INSTRUCTION, program)
    if _libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(held), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "the filter cannot be loaded")


def _execute(order: Order, failed: int) -> None:
    # Everything beside the standard descriptors and the result's closes itself by then.
    for name, value in order.limits.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name.upper()}"), (value, value))
    try:
        os.execvpe(order.command[0], order.command, dict(order.environment))  # noqa: S606  # the judged words
    except OSError as error:
        os.write(failed, b".")
        os.write(2, os.fsencode(f"{EXEC_FAILED} {order.command[0]}: {error.strerror}\n"))


def _own_signals() -> None:
    """What the shim's own handlers are for is none of the command's."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _dies_with(parent: int) -> None:
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # Whoever died before this was said would not end this process.
    if os.getppid() != parent:
        os._exit(1)


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def _say(fd: int, document: dict[str, int]) -> None:
    os.write(fd, json.dumps(document).encode("ascii") + b"\n")
