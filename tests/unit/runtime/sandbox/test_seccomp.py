"""The system call filter: what it answers, by an interpreter of its own and by the kernel."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from typing import TYPE_CHECKING

import pytest

from wilkc.runtime.sandbox.seccomp import build_filter
from wilkc.runtime.sandbox.seccomp.numbers import ARCHITECTURES

if TYPE_CHECKING:
    from collections.abc import Callable

ALLOW, EPERM, ENOSYS, KILL = 0x7FFF0000, 0x50001, 0x50026, 0x80000000
DONE = 0x50000
CORE, FILES = 4, 7
HIGH = 1 << 32
MACHINES = sorted(ARCHITECTURES)


def interpret(program: bytes, arch: int, number: int, *arguments: int) -> int:
    """What a program answers to one call (kernel documentation of classic BPF)."""
    padded = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("=IIQ6Q", number & 0xFFFFFFFF, arch, 0, *padded)
    place = accumulator = 0
    while True:
        code, if_true, if_false, operand = struct.unpack_from("=HBBI", program, place * 8)
        place += 1
        if code == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, operand)
        elif code == 0x54:
            accumulator &= operand
        elif code == 0x06:
            return int(operand)
        else:
            tests = {
                0x15: accumulator == operand,
                0x25: accumulator > operand,
                0x35: accumulator >= operand,
                0x45: bool(accumulator & operand),
            }
            place += if_true if tests[code] else if_false


def ask(machine: str, name: str, *arguments: int, run: bool = True, unix: bool = False) -> int:
    known = ARCHITECTURES[machine]
    program = build_filter(arch=machine, network=True, run=run, unix=unix)
    return interpret(program, known.audit, known.numbers[name], *arguments)


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    ("name", "arguments", "answer"),
    [
        ("mount", (), EPERM),
        ("unshare", (0x10000000,), EPERM),
        ("setns", (), EPERM),
        ("ptrace", (), EPERM),
        ("bpf", (), EPERM),
        ("io_uring_setup", (), EPERM),
        ("keyctl", (), EPERM),
        ("reboot", (), EPERM),
        ("clone3", (), ENOSYS),
        ("openat2", (), ENOSYS),
        ("clone", (0x11,), ALLOW),
        ("clone", (0x10000011,), EPERM),
        ("clone", (0x00020011,), EPERM),
        ("clone", (0x40000011,), EPERM),
        ("socket", (2, 1), ALLOW),
        ("socket", (10, 1), ALLOW),
        ("socket", (1, 1), EPERM),
        ("socket", (16, 3), EPERM),
        ("socket", (17, 3), EPERM),
        ("socket", (40, 1), EPERM),
        ("socketpair", (1, 1), ALLOW),
        ("socketpair", (1, 0x80001), ALLOW),
        ("socketpair", (1, 5), ALLOW),
        ("socketpair", (1, 2), EPERM),
        ("socketpair", (1, 0x80002), EPERM),
        ("socketpair", (1, 3), EPERM),
        ("ioctl", (0, 0x5401), ALLOW),
        ("ioctl", (0, 0x5412), EPERM),
        ("ioctl", (0, 0x541C), EPERM),
        ("ioctl", (0, 0x100005412), EPERM),
        ("fchmod", (3, 0o755), ALLOW),
        ("fchmod", (3, 0o4755), EPERM),
        ("fchmod", (3, 0o2755), EPERM),
        ("fchmodat", (3, 0, 0o4755), EPERM),
        ("mknodat", (3, 0, 0o4755), EPERM),
        ("openat", (3, 0, 0o100, 0o644), ALLOW),
        ("openat", (3, 0, 0o100, 0o4755), EPERM),
        ("openat", (3, 0, 0, 0o4755), ALLOW),
        ("openat", (3, 0, 0o20000000, 0o2755), EPERM),
        ("seccomp", (1, 0), ALLOW),
        ("seccomp", (1, 8), EPERM),
        ("setrlimit", (CORE, 9), DONE),
        ("setrlimit", (CORE | HIGH, 9), DONE),
        ("setrlimit", (FILES, 9), ALLOW),
        ("prlimit64", (0, FILES, 9, 9), ALLOW),
        ("prlimit64", (0, CORE, 0, 9), ALLOW),
        ("prlimit64", (0, CORE, 9, 0), DONE),
        ("prlimit64", (0, CORE | HIGH, 9, 0), DONE),
        ("prlimit64", (0, CORE, HIGH, 0), DONE),
        ("prlimit64", (0, CORE, 9, 9), EPERM),
        ("prlimit64", (0, CORE, 9, HIGH), EPERM),
    ],
)
def test_answer(machine: str, name: str, arguments: tuple[int, ...], answer: int) -> None:
    assert ask(machine, name, *arguments) == answer


@pytest.mark.parametrize("machine", MACHINES)
def test_where_others_have_numbers_their_limits_are_not_reached(machine: str) -> None:
    known = ARCHITECTURES[machine]
    program = build_filter(arch=machine, network=True, run=True, shared=True)
    number = known.numbers["prlimit64"]
    assert interpret(program, known.audit, number, 1, FILES, 9, 9) == EPERM
    assert interpret(program, known.audit, number, 1, CORE, 0, 9) == EPERM
    assert interpret(program, known.audit, number, 0, FILES, 9, 9) == ALLOW
    assert interpret(program, known.audit, number, 0, CORE, 0, 9) == ALLOW
    assert interpret(program, known.audit, number, 0, CORE, 9, 0) == DONE


@pytest.mark.parametrize("machine", MACHINES)
def test_other_architectures_and_unknown_numbers(machine: str) -> None:
    known = ARCHITECTURES[machine]
    program = build_filter(arch=machine, network=True, run=True)
    assert interpret(program, 0x40000003, 1) == KILL
    assert interpret(program, known.audit, 0) == ALLOW
    assert interpret(program, known.audit, known.highest) == ALLOW
    assert interpret(program, known.audit, known.highest + 1) == ENOSYS
    assert interpret(program, known.audit, 0x40000000) == ENOSYS
    assert interpret(program, known.audit, 0xFFFFFFFF) == ENOSYS


@pytest.mark.parametrize("machine", MACHINES)
def test_without_run_only_threads_are_made(machine: str) -> None:
    assert ask(machine, "clone", 0x003D0F00, run=False) == ALLOW
    assert ask(machine, "clone", 0x11, run=False) == EPERM
    assert ask(machine, "clone", 0x10010000, run=False) == EPERM
    if "fork" in ARCHITECTURES[machine].numbers:
        assert ask(machine, "fork", run=False) == EPERM
        assert ask(machine, "fork", run=True) == ALLOW


@pytest.mark.parametrize("machine", MACHINES)
def test_families_follow_what_is_granted(machine: str) -> None:
    known = ARCHITECTURES[machine]
    closed = build_filter(arch=machine, network=False, run=True)
    assert interpret(closed, known.audit, known.numbers["socket"], 2) == EPERM
    assert ask(machine, "socket", 1, unix=True) == ALLOW


def test_an_unknown_machine_has_no_filter() -> None:
    with pytest.raises(KeyError):
        build_filter(arch="m68k", network=True, run=True)


@pytest.mark.parametrize("machine", MACHINES)
def test_the_bytes_are_fixed(machine: str, golden: Callable[[str, str], None]) -> None:
    for run in (True, False):
        program = build_filter(arch=machine, network=True, run=run)
        lines = [program[place : place + 8].hex() for place in range(0, len(program), 8)]
        golden(f"seccomp/{machine}-{'run' if run else 'alone'}.txt", "\n".join(lines) + "\n")


@pytest.mark.skipif(
    platform.machine() not in ARCHITECTURES, reason="no filter for this machine is known"
)
def test_the_kernel_obeys() -> None:
    """A child loads the filter by itself and reports what it then may do."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        os.write(writer, _under_filter())
        os._exit(0)
    os.close(writer)
    said = os.read(reader, 4096).decode()
    os.close(reader)
    os.waitpid(child, 0)
    assert said.split() == ["inet", "EPERM", "pair", "EPERM", "mount", "EPERM", "plain", "EPERM"]


def _under_filter() -> bytes:
    import socket  # noqa: PLC0415 - only the child needs it

    program = build_filter(arch=platform.machine(), network=True, run=True)
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(program, len(program))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    held = Program(len(program) // 8, ctypes.addressof(buffer))
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, ctypes.byref(held), 0, 0):
        return b"the filter was not loaded"
    said = []
    socket.socket(socket.AF_INET).close()
    said += ["inet", _errno(lambda: socket.socket(socket.AF_UNIX))]
    socket.socketpair()[0].close()
    said += ["pair", _errno(lambda: socket.socketpair(type=socket.SOCK_DGRAM))]
    libc.mount(b"none", b"/", b"tmpfs", 0, None)
    said += ["mount", errno.errorcode[ctypes.get_errno()]]
    descriptor = os.open("/tmp", os.O_TMPFILE | os.O_RDWR, 0o600)  # noqa: S108 - nothing stays
    os.fchmod(descriptor, 0o755)
    said += ["plain", _errno(lambda: os.fchmod(descriptor, 0o4755))]
    return " ".join(said).encode()


def _errno(call: Callable[[], object]) -> str:
    try:
        call()
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    except BaseException as error:  # noqa: BLE001 - the child must report whatever happens
        return repr(error)
    return "allowed"


if sys.byteorder != "little":  # the words of seccomp_data are laid out for little-endian
    pytest.skip("a big-endian machine has no filter", allow_module_level=True)
