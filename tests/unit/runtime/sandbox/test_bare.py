"""`type: process`: another user, a filter, limits and a control group, and nothing else."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

BARE = {"level": "minimal", "isolation": "process", "filesystem": "full", "degraded": ()}
PYTHON = "/usr/bin/python3"


@pytest.fixture
def grouped(root_work: Any, spec: Any, require: Any) -> Any:
    """A workspace on a host where control groups can be made."""
    ended = root_work.sh(spec(**BARE), "true")
    if ended.detail == "sandbox.limit_not_enforceable":
        require("cgroup", ended.message)
    return root_work


def test_it_runs_as_another_user_with_a_clean_environment(grouped: Any, spec: Any) -> None:
    ended = grouped.sh(
        spec(**BARE), "id -u; id -G; pwd; env | sort; ls -ld $HOME $TMPDIR",
        environment={"SECRET": "x", "LD_PRELOAD": "y"},
    )  # fmt: skip
    assert (ended.kind, ended.exit) == ("exited", 0), ended
    uid, groups, cwd, *rest = ended.stdout.splitlines()
    assert int(uid) == grouped.owner
    assert len(groups.split()) == 1
    assert cwd == str(grouped.path)
    assert not any(line.startswith(("SECRET", "LD_PRELOAD")) for line in rest)
    homes = [line for line in rest if line.startswith(("HOME=", "TMPDIR="))]
    assert len(homes) == 2
    assert not any(Path(line.partition("=")[2]).exists() for line in homes)
    assert ended.launch["isolation"] == "process"


def test_the_record_says_what_is_not_kept(grouped: Any, spec: Any) -> None:
    ended = grouped.sh(spec(**BARE, block=("./.env",)), "true")
    assert any("keeps no file rule" in one for one in ended.launch["reports"]["first"])
    assert ended.launch["view"]["masks"]["count"] == 0
    assert ended.launch["limits"]["tmp"]["strength"] == "sampled"


def test_what_its_user_may_not_do_it_may_not(grouped: Any, spec: Any) -> None:
    held = Path("/run/wilk-test-secret")
    held.touch(0o600)
    held.write_text("SECRET-CANARY")
    try:
        ended = grouped.sh(spec(**BARE), f"cat {held} /etc/shadow; echo x > /etc/made; true")
    finally:
        held.unlink()
    assert (ended.kind, ended.stdout) == ("exited", "")
    assert not Path("/etc/made").exists()


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK"])
def test_there_are_no_sockets(grouped: Any, spec: Any, family: str) -> None:
    code = f"import socket; socket.socket(socket.{family}, socket.SOCK_DGRAM)"
    ended = grouped.run(spec(**BARE), PYTHON, "-c", code)
    assert ended.exit == 1
    assert "PermissionError" in ended.stderr
    # The control: what is no way out can be made.
    assert grouped.run(spec(**BARE), PYTHON, "-c", "import socket; socket.socketpair()").exit == 0


def test_it_gains_no_rights_and_keeps_no_descriptors(grouped: Any, spec: Any) -> None:
    code = (
        "import os\n"
        "text = open('/proc/self/status').read()\n"
        "print([line.split()[1] for line in text.splitlines()"
        " if line.startswith(('NoNewPrivs', 'Seccomp:', 'CapEff'))])\n"
        "print(sorted(int(n) for n in os.listdir('/proc/self/fd'))[:4])\n"
        "print(os.readlink('/proc/self/fd/0'), os.getsid(0) == os.getpid())\n"
    )
    ended = grouped.run(spec(**BARE), PYTHON, "-c", code)
    capabilities, fds, standing = ended.stdout.splitlines()
    assert capabilities == "['0000000000000000', '1', '2']"
    # The fourth is the listing's own.
    assert fds == "[0, 1, 2, 3]"
    assert standing == "/dev/null True"


def test_it_signals_not_everybody(grouped: Any, spec: Any) -> None:
    ended = grouped.run(spec(**BARE), PYTHON, "-c", "import os; os.kill(-1, 0)")
    assert "PermissionError" in ended.stderr


def test_its_own_exit_code_signal_and_result(grouped: Any, spec: Any) -> None:
    assert grouped.sh(spec(**BARE), "exit 7").exit == 7
    assert grouped.sh(spec(**BARE), "kill -SEGV $$").exit == 128 + signal.SIGSEGV
    ended = grouped.sh(spec(**BARE), "echo '{}' >&3; echo out; echo err >&2", result=True)
    assert (ended.stdout, ended.stderr, ended.result) == ("out\n", "err\n", "{}\n")
    assert grouped.sh(spec(**BARE), "echo x >&3").exit != 0


def test_a_program_that_is_not_there(grouped: Any, spec: Any) -> None:
    ended = grouped.run(spec(**BARE), "no-such-program")
    assert (ended.kind, ended.status, ended.exit) == ("not_found", 127, None)
    assert "no-such-program" in ended.message


def test_a_program_that_is_pinned(grouped: Any, spec: Any) -> None:
    mark = grouped.folder("out") / "ran"
    ended = grouped.sh(spec(**BARE), f"touch {mark}", digest="0" * 64)
    assert (ended.kind, ended.detail) == ("sandbox_failed", "sandbox.program_differs")
    assert not mark.exists()


def test_limits_hold(grouped: Any, spec: Any) -> None:
    small = spec(**BARE).limited(open_files=32, file_size=1000, wall_clock_ms=1500)
    ended = grouped.sh(small, "ulimit -n; ulimit -c; head -c 5000 /dev/zero > $HOME/a; echo $?")
    assert ended.stdout.split()[:2] == ["32", "0"]
    assert ended.stdout.split()[2] != "0"
    assert grouped.sh(small, "sleep 30").kind == "timeout"
    few = spec(**BARE).limited(pids=8)
    code = "import os,time\nfor _ in range(50):\n    if not os.fork(): time.sleep(5); os._exit(0)\n"
    assert "BlockingIOError" in grouped.run(few, PYTHON, "-c", code).stderr


def test_what_it_leaves_running_ends_with_it(grouped: Any, spec: Any) -> None:
    held = grouped.folder("out") / "on"
    script = (
        "(setsid sh -c 'while :; do date +%N > out/on; sleep 0.05; done' >/dev/null 2>&1 &)"
        " ; sleep 0.3"
    )
    ended = grouped.sh(spec(**BARE, write=("./out/**",)), script)
    assert (ended.kind, ended.launch["cleanup"]["count"]) == ("exited", 0), ended
    before = held.read_text()
    time.sleep(0.4)
    assert held.read_text() == before


def test_it_dies_with_a_killed_shim(grouped: Any, spec: Any) -> None:
    held = grouped.folder("out") / "on"
    script = "while :; do date +%N > out/on; sleep 0.05; done"
    process = grouped.start(spec(**BARE, write=("./out/**",)), "/bin/sh", "-c", script)
    try:
        deadline = time.monotonic() + 20
        while not held.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert held.exists()
    finally:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    time.sleep(0.5)
    before = held.read_text()
    time.sleep(0.4)
    assert held.read_text() == before


def test_writes_are_judged_afterwards(grouped: Any, spec: Any) -> None:
    grouped.folder("out")
    ended = grouped.sh(
        spec(**BARE, write=("./out/**",), extensions=(".md",)), "touch out/a.md out/b.sh"
    )
    assert ended.kind == "policy_violation"
    assert grouped.names() & {"out/a.md", "out/b.sh"} == {"out/a.md"}


def test_it_is_given_no_files(grouped: Any, spec: Any) -> None:
    ended = grouped.sh(spec(**BARE), "true", files={"/run/wilk/code": "x"})
    assert ended.detail == "sandbox.process_cannot_confine"
