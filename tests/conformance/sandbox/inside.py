"""What the tests run in the sandbox: one attack, after the control beside it. A program.

Usage: inside.py file OP PATH [TARGET] | inside.py syscall NAME NUMBER. Prints one line
`control ok` once the same kind of thing has worked where it is allowed, then one line
`attack ERRNO` (0: it worked), and what was read, if anything.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import mmap
import os
import pty
import sys
import termios
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Pair = tuple[Callable[[], object], Callable[[], object]]

TIOCSTI = 0x5412
_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def main() -> None:
    kind, *words = sys.argv[1:]
    control, attack = _file(*words) if kind == "file" else _syscall(*words)
    control()
    print("control ok", flush=True)
    try:
        attack()
    except OSError as error:
        print(f"attack {error.errno}", flush=True)
    else:
        print("attack 0", flush=True)


def _file(op: str, path: str, target: str = "") -> Pair:
    def read(name: str) -> None:
        with open(name, "rb") as file:
            sys.stdout.write(file.read().decode("utf-8", "replace") + "\n")

    def create(name: str) -> None:
        os.makedirs(os.path.dirname(name), exist_ok=True)
        with open(name, "x") as file:
            file.write("planted")

    def write(name: str) -> None:
        with open(name, "w") as file:
            file.write("planted")

    doings = {
        "read": (lambda: read("README.md"), lambda: read(path)),
        "create": (lambda: create("out/new/f"), lambda: create(path)),
        "write": (lambda: write("out/kept"), lambda: write(path)),
        "open for write": (
            lambda: os.close(os.open("out/kept", os.O_WRONLY)),
            lambda: os.close(os.open(path, os.O_WRONLY)),
        ),
        "link": (lambda: os.link("out/kept", "out/kept2"), lambda: os.link(target, path)),
    }
    return doings[op]


def _syscall(name: str, number: str) -> Pair:
    make = _CALLS.get(name, _plain)
    return lambda: _call(_SELF[os.uname().machine]), lambda: make(int(number))


_SELF = {"x86_64": 39, "aarch64": 172}
"""getpid(2)."""


def _call(number: int, *arguments: object) -> None:
    ctypes.set_errno(0)
    words = [ctypes.c_void_p(one) if isinstance(one, int) else one for one in arguments]
    if _libc.syscall(ctypes.c_long(number), *words) < 0:
        raise OSError(ctypes.get_errno(), "the call failed")


def _plain(number: int) -> None:
    _call(number, 0, 0, 0, 0, 0, 0)


def _mount(number: int) -> None:
    remount, bind = 32, 4096
    _call(number, b"none", b"/usr", None, remount | bind, None)


def _vm_write(number: int) -> None:
    """One byte into this process itself, which needs no permission of its own."""
    here = ctypes.create_string_buffer(b"a")
    vector = (ctypes.c_void_p * 2)(ctypes.addressof(here), 1)
    _call(number, os.getpid(), ctypes.addressof(vector), 1, ctypes.addressof(vector), 1, 0)


def _push(number: int) -> None:
    """Into the terminal of a session of one's own, where an ordinary user may."""
    del number
    if os.fork():
        _, status = os.wait()
        number = os.waitstatus_to_exitcode(status)
        if number:
            raise OSError(number, "the call failed")
        return
    os.setsid()
    _, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSCTTY, 0)
    try:
        fcntl.ioctl(follower, TIOCSTI, b"x")
    except OSError as error:
        os._exit(error.errno or 1)
    os._exit(0)


def _listener(number: int) -> None:
    allow = ctypes.create_string_buffer(b"\x06\0\0\0\0\0\xff\x7f", 8)
    program = (ctypes.c_void_p * 2)(1, ctypes.addressof(allow))
    no_new_privileges, set_filter, new_listener = 38, 1, 8
    _libc.prctl(no_new_privileges, 1, 0, 0, 0)
    _call(number, set_filter, new_listener, ctypes.addressof(program))


def _int80(number: int) -> None:
    """socket(AF_UNIX, SOCK_STREAM, 0) by the 32-bit entry; its number there is 359."""
    del number
    code = (
        b"\x53\xb8\x67\x01\x00\x00\xbb\x01\x00\x00\x00\xb9\x01\x00\x00\x00\x31\xd2\xcd\x80\x5b\xc3"
    )
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    answer = ctypes.CFUNCTYPE(ctypes.c_int)(address)()
    if answer < 0:
        raise OSError(-answer, errno.errorcode.get(-answer, ""))


_CALLS = {
    "mount": _mount, "process_vm_writev": _vm_write, "ioctl": _push, "seccomp": _listener,
    "int 0x80: socket": _int80,
}  # fmt: skip


if __name__ == "__main__":
    main()
