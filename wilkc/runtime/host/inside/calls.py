"""Attacks by system call. Layer: runtime, inside the sandbox."""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
import pty
import struct
import termios
from typing import TYPE_CHECKING, Any

from wilkc.runtime.host.inside.telling import HeldError

if TYPE_CHECKING:
    from wilkc.runtime.host.inside.telling import Do

TIOCSTI = 0x5412
_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def _filter_mode(given: dict[str, Any]) -> str:
    del given
    if status()["Seccomp"] != "2":
        return "no filter is loaded"
    raise HeldError("Seccomp is 2")


def status() -> dict[str, str]:
    """What the kernel says of this process, see proc(5)."""
    with open("/proc/self/status", encoding="ascii", errors="replace") as file:
        pairs = (line.split(":", 1) for line in file)
        return {name: text.strip() for name, text in pairs}


def call(number: int, *arguments: object) -> int:
    """Make a system call by its number.

    Raises:
        OSError: the kernel or the filter refuses.
    """
    ctypes.set_errno(0)
    words = [ctypes.c_void_p(one) if isinstance(one, int) else one for one in arguments]
    answer = int(_libc.syscall(ctypes.c_long(number), *words))
    if answer < 0:
        raise OSError(ctypes.get_errno(), "the call failed")
    return answer


def plain_calls(given: dict[str, Any]) -> None:
    """Children and plain calls work: what is refused is refused for itself."""
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    call(given["numbers"]["getpid"])


def _named(name: str, *arguments: int) -> Do:
    def do(given: dict[str, Any]) -> str:
        call(given["numbers"][name], *(arguments or (0, 0, 0, 0, 0, 0)))
        return f"{name}(2) worked"

    return do


def _mount(given: dict[str, Any]) -> str:
    remount_bind = 32 | 4096
    call(given["numbers"]["mount"], b"none", b"/usr", None, remount_bind, None)
    return "/usr was mounted anew, writable"


def _another_entry(given: dict[str, Any]) -> str:
    """socket(AF_UNIX) by the 32-bit entry of x86_64, where its number is 359."""
    del given
    code = (
        b"\x53\xb8\x67\x01\x00\x00\xbb\x01\x00\x00\x00\xb9\x01\x00\x00\x00\x31\xd2\xcd\x80\x5b\xc3"
    )
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    place = ctypes.addressof(ctypes.c_char.from_buffer(page))
    answer = ctypes.CFUNCTYPE(ctypes.c_int)(place)()
    if answer < 0:
        raise OSError(-answer, "the call failed")
    return "a unix socket by the 32-bit entry"


def _push(given: dict[str, Any]) -> str:
    del given
    os.setsid()
    _, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSCTTY, 0)
    fcntl.ioctl(follower, TIOCSTI, b"x")
    return "a character was pushed into a terminal"


def _terminal(given: dict[str, Any]) -> None:
    del given
    leader, follower = pty.openpty()
    os.write(follower, b"x")
    os.read(leader, 1)


def _listener(given: dict[str, Any]) -> str:
    allow = ctypes.create_string_buffer(struct.pack("=HBBI", 6, 0, 0, 0x7FFF0000), 8)
    program = (ctypes.c_void_p * 2)(1, ctypes.addressof(allow))
    call(given["numbers"]["seccomp"], 1, 8, ctypes.addressof(program))
    return "a filter that reports to user space"


ATTACKS: dict[str, tuple[Do, Do]] = {
    "filter-loaded": (plain_calls, _filter_mode),
    "new-user-namespace": (plain_calls, _named("unshare", 0x10000000)),
    "mount": (plain_calls, _mount),
    "trace": (plain_calls, _named("ptrace")),
    # KEYCTL_CAPABILITIES: anything that makes a key fails where a user has no more to be had.
    "keyring": (plain_calls, _named("keyctl", 31, 0, 0)),
    "bpf": (plain_calls, _named("bpf")),
    "io-uring": (plain_calls, _named("io_uring_setup", 1, 0)),
    "userfaultfd": (plain_calls, _named("userfaultfd", 1)),
    "other-entry": (plain_calls, _another_entry),
    "push-into-terminal": (_terminal, _push),
    "filter-listener": (plain_calls, _listener),
}
"""Name to control and attack."""
