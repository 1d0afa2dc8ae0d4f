"""The proxy's process and its listeners, without a sandbox around them."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.core.sandbox_plan import Quantity
from wilkc.runtime.egress.identity import proxy_uid
from wilkc.runtime.egress.meter import Meter
from wilkc.runtime.egress.namespace import PORTS, open_listeners
from wilkc.runtime.egress.outside import Outside
from wilkc.runtime.egress.worker import LISTENERS, Settings, start
from wilkc.runtime.sandbox.refusal import SandboxRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 30


@pytest.fixture
def inside(bwrap: Path) -> Iterator[int]:
    """A process in a network namespace of its own; its number."""
    command = [str(bwrap), "--unshare-user", "--unshare-net", "--ro-bind", "/", "/", "--",
               "/bin/sh", "-c", "echo in; exec sleep 60"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        found = _leaf(process.pid)
        yield found
        os.kill(found, signal.SIGKILL)


def _leaf(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return _leaf(int(children[0])) if children else pid


def _inode(pid: int) -> int:
    return Path(f"/proc/{pid}/ns/net").stat().st_ino


def test_listeners_are_in_the_namespace_of_the_process(inside: int) -> None:
    listeners = open_listeners(inside, _inode(inside))
    assert [one.getsockname() for one in listeners] == [("127.0.0.1", port) for port in PORTS]
    # Nobody outside can connect to them.
    for port in PORTS:
        with socket.socket() as end:
            assert end.connect_ex(("127.0.0.1", port)) != 0
    assert _inode(os.getpid()) != _inode(inside)
    table = Path(f"/proc/{inside}/net/tcp").read_text(encoding="ascii")
    assert all(f"0100007F:{port:04X}" in table for port in PORTS)
    for one in listeners:
        one.close()


def test_another_namespace_than_the_named_one_is_refused(inside: int) -> None:
    with pytest.raises(SandboxRefusedError) as raised:
        open_listeners(inside, _inode(os.getpid()))
    assert "not the namespace" in raised.value.message


def test_ports_that_are_taken_refuse(inside: int) -> None:
    first = open_listeners(inside, _inode(inside))
    with pytest.raises(SandboxRefusedError):
        open_listeners(inside, _inode(inside))
    for one in first:
        one.close()


def test_a_process_that_is_gone_refuses() -> None:
    with subprocess.Popen(["/bin/true"]) as process:
        process.wait()
    with pytest.raises(SandboxRefusedError):
        open_listeners(process.pid, 1)


def _settings(uid: int | None = None) -> Settings:
    limit = Quantity(100, 80, "bytes", "hard")
    return Settings("l", 5, Meter(limit), Outside(), uid)


def _await_end(pid: int) -> int:
    handle = os.pidfd_open(pid)
    try:
        assert select.select([handle], [], [], SECONDS)[0]
    finally:
        os.close(handle)
    return os.waitpid(pid, 0)[1]


def test_the_proxy_holds_nothing_of_the_shim() -> None:
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)  # as os names it
    with socket.create_server(("127.0.0.1", 0)) as listener:
        pid, control = start(_settings())
        os.close(writing)
        # A pipe ends when nobody holds its end any more. A forked process has all for a moment.
        assert select.select([reading], [], [], SECONDS)[0]
        assert os.read(reading, 1) == b""
        os.close(reading)
        socket.send_fds(control, [LISTENERS], [listener.fileno()] * 2)
        deadline = time.monotonic() + SECONDS
        while _held(pid)[:3] != WANTED:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        control.close()
        assert _await_end(pid) == 0


WANTED = ["/dev/null"] * 3 if os.geteuid() == 0 else ["not to be seen"]
"""Standard descriptors; what cannot be dumped is shown to root only, see prctl(2)."""


def _held(pid: int) -> list[str]:
    places = Path(f"/proc/{pid}/fd")
    try:
        found = sorted(places.iterdir(), key=lambda place: int(place.name))
        return [str(place.readlink()) for place in found]
    except PermissionError:
        return ["not to be seen"]
    except FileNotFoundError:
        return []  # one was closed meanwhile


def test_the_proxy_ends_with_the_shim() -> None:
    pid, control = start(_settings())
    control.close()
    _await_end(pid)
    program = (
        "import os, sys, time\n"
        "from wilkc.core.sandbox_plan import Quantity\n"
        "from wilkc.runtime.egress.meter import Meter\n"
        "from wilkc.runtime.egress.outside import Outside\n"
        "from wilkc.runtime.egress.worker import Settings, start\n"
        "limit = Quantity(1, 1, 'bytes', 'hard')\n"
        "pid, control = start(Settings('l', 1, Meter(limit), Outside(), None))\n"
        "print(pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    import sys  # noqa: PLC0415

    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as shim:
        assert shim.stdout
        child = int(shim.stdout.readline())
        shim.send_signal(signal.SIGKILL)
        shim.wait()
        deadline = time.monotonic() + SECONDS
        while _runs(child) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not _runs(child)


def _runs(pid: int) -> bool:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] not in {"Z", "X"}


def test_whom_the_proxy_runs_as(monkeypatch: pytest.MonkeyPatch) -> None:
    def user(uid: int) -> Any:
        monkeypatch.setattr(os, "geteuid", lambda: uid)
        return proxy_uid(65_533)

    assert user(1000) is None
    assert user(0) not in {None, 0, 65_533}
