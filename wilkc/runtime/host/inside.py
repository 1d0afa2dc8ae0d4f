"""What `wilkc verify-host` runs in the sandbox: harmless attacks, each after its control.

Layer: runtime. A program by itself, given to an interpreter as text: it imports nothing of
Wilk, as nothing of Wilk is in view. It reads one JSON object from its only argument and prints
one JSON line for each attack: whether the control worked, how the attack ended, what is the
evidence. Each attack has a process of its own, so that a filter may kill it. Nothing that an
attack opens, if it does, is used.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import mmap
import os
import pty
import signal
import socket
import struct
import sys
import termios
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Do = Callable[[dict[str, Any]], object]

TIOCSTI = 0x5412
HELD_BY = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.EBUSY, errno.EXDEV,
     errno.ENOSYS, errno.ENETUNREACH, errno.ECONNREFUSED, errno.ESRCH, errno.EAFNOSUPPORT,
     errno.ENOTDIR, errno.EIO, errno.ENOSPC, errno.EAGAIN}
)  # fmt: skip
"""Refusals. Any other error means that the attack was not really made."""

OWN = 8
"""Processes that a sandbox of these attacks has at most."""

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


class HeldError(Exception):
    """The attack was made and did not reach what it was after."""


def main() -> None:
    """Make every attack that is asked for, in order."""
    given = json.loads(sys.argv[1])
    for name in given["attacks"]:
        print(json.dumps({"name": name, **_apart(name, given)}), flush=True)


def _apart(name: str, given: dict[str, Any]) -> dict[str, Any]:
    """Make one attack in a process of its own."""
    source, sink = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(source)
        code = 1
        try:
            _make(sink, *ATTACKS[name], given)
            code = 0
        finally:
            os._exit(code)
    os.close(sink)
    with os.fdopen(source, encoding="utf-8") as text:
        lines = [json.loads(line) for line in text]
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    result: dict[str, Any] = {"control": "", "ended": "unknown", "evidence": "it said nothing"}
    for line in lines:
        result |= line
    if code == -signal.SIGSYS and result["control"] == "ok":
        result |= {"ended": "held", "evidence": "killed by SIGSYS"}
    elif code != 0:
        result |= {"ended": "unknown", "evidence": f"ended with {code}"}
    return result


def _make(sink: int, control: Do, attack: Do, given: dict[str, Any]) -> None:
    def say(**facts: object) -> None:
        os.write(sink, (json.dumps(facts) + "\n").encode())

    try:
        control(given)
    except (OSError, HeldError) as error:
        say(control=_told(error), ended="unknown", evidence="not tried")
        return
    say(control="ok")
    try:
        seen = attack(given)
    except HeldError as error:
        say(ended="held", evidence=str(error))
    except OSError as error:
        say(ended="held" if error.errno in HELD_BY else "unknown", evidence=_told(error))
    else:
        say(ended="breached", evidence=str(seen or "it worked"))


def _told(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno:
        return errno.errorcode.get(error.errno, str(error.errno))
    return str(error) or type(error).__name__


# ---- files ----


def _read(path: str) -> Do:
    def do(given: dict[str, Any]) -> str:
        with open(_placed(path, given), "rb") as file:
            return f"read {len(file.read(100))} bytes"

    return do


def _write(path: str) -> Do:
    def do(given: dict[str, Any]) -> str:
        place = _placed(path, given)
        os.makedirs(os.path.dirname(place) or ".", exist_ok=True)
        try:
            os.close(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
        except FileExistsError:
            # An empty file that stands there so that none can be made.
            os.close(os.open(place, os.O_WRONLY))
        else:
            # Where it worked although it should not, nothing is to be left on the host.
            os.unlink(place)
        return f"opened `{path}` for writing"

    return do


def _open_for_writing(path: str) -> Do:
    def do(given: dict[str, Any]) -> str:
        os.close(os.open(_placed(path, given), os.O_WRONLY))
        return f"opened `{path}` for writing"

    return do


def _placed(path: str, given: dict[str, Any]) -> str:
    return path.replace("{outside}", given["outside"])


def _read_by_link(given: dict[str, Any]) -> str:
    del given
    os.symlink("kept/.env", "out/link")
    with open("out/link", "rb") as file:
        return f"read {len(file.read(100))} bytes through a link"


def _move(source: str, target: str) -> Do:
    def do(given: dict[str, Any]) -> str:
        del given
        os.rename(source, target)
        os.rename(target, source)
        return f"moved `{source}` away"

    return do


def _make_and_move(given: dict[str, Any]) -> None:
    os.mkdir("out/free")
    _move("out/free", "out/freed")(given)
    os.rmdir("out/free")


def _list(path: str) -> Do:
    def do(given: dict[str, Any]) -> str:
        del given
        return f"{len(os.listdir(path))} names"

    return do


def _set_id(mode: int) -> Do:
    def do(given: dict[str, Any]) -> str:
        del given
        try:
            with open("out/mode", "wb") as file:
                os.fchmod(file.fileno(), mode)
        finally:
            os.unlink("out/mode")
        return f"set mode {mode:o}"

    return do


def _fill(path: str, size: int) -> Do:
    def do(given: dict[str, Any]) -> str:
        del given
        try:
            with open(path, "wb", buffering=0) as file:
                for _ in range(size >> 20):
                    if file.write(bytes(1 << 20)) < 1 << 20:
                        raise OSError(errno.ENOSPC, "full")
        finally:
            os.unlink(path)
        return f"wrote {size >> 20} MiB"

    return do


# ---- processes ----


def _see_host(given: dict[str, Any]) -> str:
    with open(f"/proc/{given['pid']}/cmdline", "rb") as file:
        if given["mark"].encode() in file.read():
            return "the shim's process is in view"
    raise HeldError("another process has that number")


def _signal_host(given: dict[str, Any]) -> str:
    if len([name for name in os.listdir("/proc") if name.isdecimal()]) > OWN:
        return "more processes than the sandbox's own are in view"
    os.kill(given["pid"], 0)
    raise HeldError("the number is one of the sandbox's own processes")


def _environment_of_first(given: dict[str, Any]) -> str:
    for place in ("/proc/1/environ", "/proc/self/environ"):
        with open(place, "rb") as file:
            if given["secret"].encode() in file.read():
                return f"the caller's secret is in {place}"
    raise HeldError("the caller's secret is not there")


def _descriptors(given: dict[str, Any]) -> str:
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue
        if given["held"] in target:
            return f"descriptor {name} leads to a file of the caller"
    raise HeldError("no descriptor of the caller is open")


def _root_outside(given: dict[str, Any]) -> str:
    del given
    if os.stat("/usr").st_uid == os.getuid():
        return "the command is the host's root"
    raise HeldError("the host's root is somebody else")


def _capabilities(given: dict[str, Any]) -> str:
    del given
    status = _status()
    if int(status["CapEff"], 16) or int(status["CapBnd"], 16):
        return f"CapEff {status['CapEff']}, CapBnd {status['CapBnd']}"
    raise HeldError("no capability, and none to be had")


def _no_new_privileges(given: dict[str, Any]) -> str:
    del given
    if _status()["NoNewPrivs"] != "1":
        return "setuid programs work"
    raise HeldError("NoNewPrivs is 1")


def _filter_mode(given: dict[str, Any]) -> str:
    del given
    if _status()["Seccomp"] != "2":
        return "no filter is loaded"
    raise HeldError("Seccomp is 2")


def _status() -> dict[str, str]:
    with open("/proc/self/status", encoding="ascii", errors="replace") as file:
        pairs = (line.split(":", 1) for line in file)
        return {name: text.strip() for name, text in pairs}


# ---- system calls ----


def _call(number: int, *arguments: object) -> int:
    ctypes.set_errno(0)
    words = [ctypes.c_void_p(one) if isinstance(one, int) else one for one in arguments]
    answer = int(_libc.syscall(ctypes.c_long(number), *words))
    if answer < 0:
        raise OSError(ctypes.get_errno(), "the call failed")
    return answer


def _thread(given: dict[str, Any]) -> None:
    """Children and plain calls work: what is refused is refused for itself."""
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    _call(given["numbers"]["getpid"])


def _named(name: str, *arguments: int) -> Do:
    def do(given: dict[str, Any]) -> str:
        _call(given["numbers"][name], *(arguments or (0, 0, 0, 0, 0, 0)))
        return f"{name}(2) worked"

    return do


def _mount(given: dict[str, Any]) -> str:
    remount_bind = 32 | 4096
    _call(given["numbers"]["mount"], b"none", b"/usr", None, remount_bind, None)
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
    _call(given["numbers"]["seccomp"], 1, 8, ctypes.addressof(program))
    return "a filter that reports to user space"


# ---- network ----


def _own_loopback(given: dict[str, Any]) -> None:
    del given
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), 5).close()


def _host_loopback(given: dict[str, Any]) -> str:
    socket.create_connection(("127.0.0.1", given["port"]), 5).close()
    return "the host's loopback can be reached"


def _outward(given: dict[str, Any]) -> str:
    """A datagram to a documentation address (RFC 5737): it would be routed to nobody."""
    del given
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(("192.0.2.1", 9))
    return "there is a route to other networks"


def _pair(kind: int) -> Do:
    def do(given: dict[str, Any]) -> str:
        del given
        left, right = socket.socketpair(socket.AF_UNIX, kind)
        left.send(b"x")
        right.recv(1)
        return "a datagram pair, which can send to any unix socket"

    return do


def _socket(family: int, kind: int) -> Do:
    def do(given: dict[str, Any]) -> str:
        del given
        socket.socket(family, kind).close()
        return f"a socket of family {family}"

    return do


ATTACKS: dict[str, tuple[Do, Do]] = {
    "read-hidden-file": (_read("src/readable"), _read("src/.env")),
    "read-hidden-in-writable": (_read("src/readable"), _read("out/kept/.env")),
    "read-hidden-by-link": (_read("src/readable"), _read_by_link),
    "write-hidden-file": (_write("out/control"), _open_for_writing("out/kept/.env")),
    "list-hidden-directory": (_list("out"), _list("out/blocked")),
    "write-hidden-directory": (_write("out/control"), _write("out/blocked/new")),
    "move-parent-of-hidden": (_make_and_move, _move("out/kept", "out/away")),
    "write-read-only": (_write("out/control"), _write("src/new")),
    "read-outside": (_read("src/readable"), _read("{outside}")),
    "read-outside-by-proc": (_read("src/readable"), _read("/proc/1/root{outside}")),
    "read-password-hashes": (_read("/etc/passwd"), _read("/etc/shadow")),
    "write-programs": (_write("out/control"), _write("/usr/wilk-verify")),
    "write-root": (_write("out/control"), _write("/wilk-verify")),
    "write-devices": (_write("/dev/shm/control"), _write("/dev/wilk-verify")),
    "plant-git-hook": (_write("out/control"), _write("out/.git/hooks/pre-commit")),
    "plant-shell-start": (_write("out/control"), _write("out/.bashrc")),
    "plant-editor-task": (_write("out/control"), _write("out/.vscode/tasks.json")),
    "set-id-file": (_set_id(0o755), _set_id(0o4755)),
    "fill-shared-memory": (_write("/dev/shm/control"), _fill("/dev/shm/big", 64 << 20)),
    "fill-temporary": (_write("/tmp/control"), _fill("/tmp/big", 96 << 20)),
    "host-processes": (_read("/proc/self/status"), _see_host),
    "signal-host-process": (_thread, _signal_host),
    "caller-environment": (_read("/proc/self/environ"), _environment_of_first),
    "caller-descriptor": (_list("/proc/self/fd"), _descriptors),
    "root-outside": (_read("src/readable"), _root_outside),
    "capabilities": (_thread, _capabilities),
    "setuid-programs": (_thread, _no_new_privileges),
    "memory-of-first-process": (_write("out/control"), _open_for_writing("/proc/1/mem")),
    "kernel-setting": (
        _write("out/control"), _open_for_writing("/proc/sys/kernel/core_pattern"),
    ),
    "control-group": (_write("out/control"), _open_for_writing("/sys/fs/cgroup/cgroup.procs")),
    "filter-loaded": (_thread, _filter_mode),
    "new-user-namespace": (_thread, _named("unshare", 0x10000000)),
    "mount": (_thread, _mount),
    "trace": (_thread, _named("ptrace")),
    "keyring": (_thread, _named("keyctl", 0, -3, 1)),
    "bpf": (_thread, _named("bpf")),
    "io-uring": (_thread, _named("io_uring_setup", 1, 0)),
    "userfaultfd": (_thread, _named("userfaultfd", 1)),
    "other-entry": (_thread, _another_entry),
    "push-into-terminal": (_terminal, _push),
    "filter-listener": (_thread, _listener),
    "host-loopback": (_own_loopback, _host_loopback),
    "route": (_own_loopback, _outward),
    "unix-socket": (_pair(socket.SOCK_STREAM), _socket(socket.AF_UNIX, socket.SOCK_STREAM)),
    "datagram-pair": (_pair(socket.SOCK_STREAM), _pair(socket.SOCK_DGRAM)),
    "netlink": (_pair(socket.SOCK_STREAM), _socket(16, socket.SOCK_RAW)),
    "packet": (_pair(socket.SOCK_STREAM), _socket(17, socket.SOCK_RAW)),
}  # fmt: skip
"""Name to control and attack."""


if __name__ == "__main__":
    main()
