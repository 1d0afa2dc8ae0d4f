"""What a command is, sees of others, may use up, and how its end is told."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

MIB = 1024 * 1024


def test_root_is_given_up(work: Any, spec: Any) -> None:
    # The host's own files belong to root: whoever is root outside owns them inside too.
    ended = work.sh(spec(), "stat -c %u /usr; id -u; grep CapEff /proc/self/status")
    owner, uid, caps = ended.stdout.splitlines()
    assert owner != uid == "1000"
    assert caps.split()[1] == "0" * 16
    assert ended.launch["view"]["identity"] == "user"
    assert ended.launch["view"]["uid"] == work.owner


def test_a_workspace_of_root_is_refused(root_work: Any, spec: Any) -> None:
    os.chown(root_work.path, 0, 0)
    ended = root_work.sh(spec(), "true")
    assert (ended.status, ended.detail) == (120, "sandbox.identity")
    assert "run_as" in ended.help


def test_a_workspace_of_root_can_be_served_by_another_user(root_work: Any, spec: Any) -> None:
    os.chown(root_work.path, 0, 0)
    ended = root_work.sh(spec(run_as="nobody"), "id -u")
    assert (ended.kind, ended.launch["view"]["uid"]) == ("exited", root_work.owner)


def test_root_runs_as_root_only_if_the_policy_says_so(root_work: Any, spec: Any) -> None:
    os.chown(root_work.path, 0, 0)
    ended = root_work.sh(spec(allow_root=True), "echo x > /proc/sys/kernel/core_pattern")
    assert ended.exit != 0
    assert ended.launch["view"]["identity"] == "root"


@pytest.mark.parametrize("wider", [{"filesystem": "full"}, {"process": "shared"}])
def test_root_runs_nothing_with_all_of_the_host_in_view(
    root_work: Any, spec: Any, wider: dict[str, str]
) -> None:
    rules = spec(allow_root=True).changed(level="minimal", **wider)
    os.chown(root_work.path, 0, 0)
    ended = root_work.sh(rules, "true")
    assert (ended.status, ended.detail) == (120, "sandbox.identity")
    assert "of the host in view" in ended.message
    # The twin: the same plan over a workspace of somebody else.
    root_work.own()
    assert root_work.sh(rules, "true").detail != "sandbox.identity"


def test_a_user_cannot_become_another(user_work: Any, spec: Any) -> None:
    ended = user_work.sh(spec(run_as="daemon"), "true")
    assert (ended.status, ended.detail) == (120, "sandbox.identity")


def test_an_unknown_user_is_refused(root_work: Any, spec: Any) -> None:
    assert root_work.sh(spec(run_as="no-such-user"), "true").detail == "sandbox.identity"


def test_nothing_of_the_shim_shows_in_proc(work: Any, spec: Any) -> None:
    ended = work.sh(
        spec(),
        "tr '\\0' ' ' < /proc/1/environ; tr '\\0' ' ' < /proc/1/cmdline; ls /proc",
        shim={"SECRET": "SECRET-CANARY"},
    )
    assert "SECRET-CANARY" not in ended.stdout
    assert "/usr/bin/bwrap --args" in ended.stdout
    assert str(work.path) not in ended.stdout
    processes = [name for name in ended.stdout.split() if name.isdecimal()]
    assert len(processes) <= 4


def test_the_memory_of_process_1_cannot_be_written(work: Any, spec: Any) -> None:
    ended = work.sh(spec(), "exec 3<>/proc/1/mem")
    assert "Read-only" in ended.stderr


def test_no_network_but_loopback(work: Any, spec: Any) -> None:
    script = (
        "import socket\n"
        "s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); print('loopback')\n"
        "try: socket.create_connection(('1.1.1.1', 53), 2)\n"
        "except OSError as error: print(error.errno)\n"
    )
    ended = work.run(spec(), "/usr/bin/python3", "-c", script)
    assert ended.stdout.split() == ["loopback", "101"], ended.stderr
    assert ended.launch["network"] == "none"


def test_restricted_has_no_route_and_says_so(work: Any, spec: Any) -> None:
    ended = work.sh(spec(network="restricted"), "tail -n +2 /proc/net/route | wc -l")
    assert ended.stdout.strip() == "0"
    assert ended.launch["network"] == "none (no egress proxy)"


def test_the_environment_is_made_anew(work: Any, spec: Any) -> None:
    caller = {
        "LD_PRELOAD": "/evil", "PYTHONSTARTUP": "/evil", "BASH_ENV": "/evil", "GIT_DIR": "/evil",
        "SSH_AUTH_SOCK": "/evil", "MY_TOKEN": "/evil", "PATH": "/evil", "HOME": "/evil",
    }  # fmt: skip
    ended = work.run(spec(), "/usr/bin/env", environment=caller)
    assert "/evil" not in ended.stdout
    assert "PATH=/usr/local/bin:/usr/bin:/bin" in ended.stdout.splitlines()


def test_descriptors_of_the_caller_are_closed(work: Any, spec: Any) -> None:
    secret = work.write("secret", "SECRET-CANARY")
    with secret.open("rb") as file:
        os.dup2(file.fileno(), 77)
        try:
            ended = work.sh(spec(), "ls /proc/self/fd; cat /proc/self/fd/77", pass_fds=(77,))
        finally:
            os.close(77)
    assert "SECRET-CANARY" not in ended.stdout
    assert set(ended.stdout.split()) <= {"0", "1", "2", "3"}


def test_standard_input_is_empty(work: Any, spec: Any) -> None:
    assert work.run(spec(), "/bin/cat").kind == "exited"


def test_a_private_tmp_is_writable_and_bounded(work: Any, spec: Any) -> None:
    ended = work.sh(
        spec().limited(tmp=MIB), "echo x > $TMPDIR/a && echo x > $HOME/b && cat $TMPDIR/a $HOME/b;"
        "head -c 2M /dev/zero > $TMPDIR/big",
    )  # fmt: skip
    assert ended.stdout == "x\nx\n"
    assert "No space left" in ended.stderr


@pytest.mark.parametrize(
    ("script", "kind", "status", "true"),
    [
        ("exit 0", "exited", 0, 0),
        ("exit 1", "exited", 1, 1),
        ("exit 3", "exited", 3, 3),
        ("kill -9 $$", "exited", 137, 137),
        ("exit 121", "exited", 119, 121),
        ("exit 127", "exited", 119, 127),
        ("exit 128", "exited", 128, 128),
    ],
)
def test_the_command_s_own_exit_codes(  # a table row
    work: Any, spec: Any, script: str, kind: str, status: int, true: int
) -> None:
    ended = work.sh(spec(), script)
    assert (ended.kind, ended.status, ended.exit) == (kind, status, true)


def test_a_program_that_is_not_there(work: Any, spec: Any) -> None:
    ended = work.run(spec(), "no-such-program")
    assert (ended.kind, ended.status, ended.exit) == ("not_found", 127, None)


def test_time_over(work: Any, spec: Any) -> None:
    started = time.monotonic()
    ended = work.sh(spec().limited(wall_clock_ms=300), "trap '' TERM; sleep 50")
    assert (ended.kind, ended.status, ended.detail) == ("timeout", 123, "wall_clock")
    assert time.monotonic() - started < 10


def test_too_much_output(work: Any, spec: Any) -> None:
    ended = work.sh(spec().limited(output=1000), "yes")
    assert (ended.kind, ended.status, ended.detail) == ("limit", 122, "output")
    assert len(ended.stdout) == 1000


def test_output_up_to_the_limit(work: Any, spec: Any) -> None:
    ended = work.sh(spec().limited(output=1000), "head -c 1000 /dev/zero | tr '\\0' x")
    assert (ended.kind, len(ended.stdout)) == ("exited", 1000)


def test_standard_output_may_be_closed_early(work: Any, spec: Any) -> None:
    assert work.sh(spec(), "exec >&- 2>&-; exit 4").exit == 4


def test_daemons_end_with_the_launch(work: Any, spec: Any) -> None:
    mark = f"86{time.time_ns() % 10**6}"
    ended = work.sh(spec(), f"setsid sleep {mark} >/dev/null 2>&1 & exit 0")
    assert ended.kind == "exited"
    assert not _running(mark)


def test_nothing_survives_a_killed_shim(work: Any, spec: Any) -> None:
    work.folder("out")
    mark = f"85{time.time_ns() % 10**6}"
    process = work.start(spec(write=("./out/**",)), "/bin/sh", "-c", f"touch out/on; sleep {mark}")
    try:
        _await((work.path / "out/on").exists)
        assert _running(mark)
        groups = _groups(work)
    finally:
        # runuser is the shim's parent where the shim is an ordinary user.
        for pid in _running(str(work.package)):
            os.kill(pid, signal.SIGKILL)
        process.communicate()
    _await(lambda: not _running(mark))
    # The next launch finds the note of the dead one and removes what it left.
    (work.path / "out/on").unlink()
    assert work.sh(spec(write=("./out/**",)), "true").kind == "exited"
    assert not list((work.path / "out").iterdir())
    assert [one for one in groups if one.exists()] == []


def _groups(work: Any) -> list[Path]:
    """The control groups of the one running launch over a workspace; a user may have none."""
    texts: list[str] = []
    for note in work.notes():
        with suppress(OSError):  # a launch of another test may just have ended
            texts += [note.read_text()] if note.suffix == ".launch" else []
    (text,) = [text for text in texts if str(work.path) in text]
    groups = [Path(one) for one in json.loads(text)["groups"]]
    assert all(one.exists() for one in groups)
    assert groups or work.launcher[0] != sys.executable
    return groups


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"isolation": "container"}, "no_container_engine"),
        ({"isolation": "container", "network": "restricted"}, "container_network"),
        ({"isolation": "process"}, "process_cannot_confine"),
        ({"isolation": "process", "filesystem": "full", "network": "restricted"},
         "process_cannot_confine"),
        ({"isolation": "process", "filesystem": "full", "seccomp": False},
         "process_cannot_confine"),
        ({"isolation": "process", "filesystem": "full", "unix_sockets": True},
         "process_cannot_confine"),
        ({"isolation": "process", "filesystem": "full"}, "identity"),
        ({"network": "bridge"}, "bridge_needs_root_and_nft"),
    ],
)  # fmt: skip
def test_what_is_not_offered_is_refused(
    user_work: Any, spec: Any, change: dict[str, Any], code: str
) -> None:
    mark = user_work.path / "ran"
    ended = user_work.sh(spec(write=("./**",)).changed(**change), f"touch {mark}")
    assert (ended.kind, ended.status, ended.detail) == ("sandbox_failed", 120, f"sandbox.{code}")
    assert "\n" not in ended.message
    assert ended.help
    assert not mark.exists()


def test_a_security_module_that_is_demanded_must_confine(work: Any, spec: Any) -> None:
    ended = work.sh(spec().changed(apparmor=True), "true")
    assert ended.kind == "sandbox_failed"


def test_a_missing_bubblewrap(work: Any, spec: Any) -> None:
    ended = work.sh(spec(), "true", bwrap="/usr/bin/no-bwrap")
    assert (ended.status, ended.detail) == (120, "sandbox.precondition")
    assert "apt-get install bubblewrap" in ended.help


def test_a_bubblewrap_of_somebody_else(work: Any, spec: Any) -> None:
    fake = work.write("bwrap", "#!/bin/sh\ntouch /tmp/ran\n", mode=0o755)
    ended = work.sh(spec(), "true", bwrap=str(fake))
    assert (ended.status, ended.detail) == (120, "sandbox.precondition")


def test_a_setuid_bubblewrap(root_work: Any, spec: Any) -> None:
    fake = root_work.path / "bwrap"
    shutil.copy("/usr/bin/bwrap", fake)
    fake.chmod(0o4755)
    ended = root_work.sh(spec(), "true", bwrap=str(fake))
    assert ended.detail == "sandbox.precondition"
    assert "setuid" in ended.message


def test_a_bubblewrap_that_ends_at_once(root_work: Any, spec: Any) -> None:
    fake = root_work.path / "bwrap"
    options = "--disable-userns --json-status-fd --perms --size --args"
    fake.write_text(f"#!/bin/sh\necho '{options}'\nexit 0\n")
    fake.chmod(0o755)
    ended = root_work.sh(spec(), "true", bwrap=str(fake))
    assert (ended.kind, ended.status, ended.detail) == (
        "sandbox_failed", 120, "sandbox.start_failed",
    )  # fmt: skip


def test_a_workspace_out_of_reach(root_work: Any, spec: Any) -> None:
    closed = root_work.folder("closed")
    inner = root_work.folder("closed/inner")
    closed.chmod(0o700)
    os.chown(closed, 0, 0)
    moved = type(root_work)(inner, root_work.launcher, root_work.package, root_work.owner)
    ended = moved.sh(spec(write=("./out/**",)), "true")
    assert ended.status == 120
    assert "closed to the user" in ended.message
    assert "run_as" in ended.help


@pytest.mark.parametrize("asked", ["/", "/no/such/place", "/etc/passwd"])
def test_what_cannot_be_a_workspace(work: Any, spec: Any, asked: str) -> None:
    ended = work.sh(spec(), "true", workspace=asked)
    assert (ended.status, ended.detail) == (120, "sandbox.workspace_moved")


def test_a_filter_is_loaded(work: Any, spec: Any) -> None:
    modes = "grep Seccomp: /proc/self/status /proc/1/status | cut -f2"
    # Process 1 takes its filter when the command may have begun already; until then nothing can
    # change it from here: see test_the_memory_of_process_1_cannot_be_written.
    wait = "for _ in $(seq 500); do grep -q 'Seccomp:.2' /proc/1/status && break; sleep 0.02; done"
    assert work.sh(spec(), f"{wait}\n{modes}").stdout.split() == ["2", "2"]
    ended = work.sh(spec(level="minimal", seccomp=False, degraded=("cgroup", "seccomp")), modes)
    assert ended.stdout.split() == ["0", "0"]
    assert ended.launch["seccomp"] is False


def test_sockets_of_the_host_cannot_be_reached(work: Any, spec: Any) -> None:
    script = (
        "import socket\n"
        "try: socket.socket(socket.AF_UNIX)\n"
        "except OSError as error: print(error.errno)\n"
    )
    assert work.run(spec(), "/usr/bin/python3", "-c", script).stdout.strip() == "1"


def test_child_processes_need_their_word(work: Any, spec: Any) -> None:
    script = (
        "import threading, subprocess\nt = threading.Thread(target=print); t.start(); t.join()\n"
    )
    child = script + "subprocess.run(['true'])"
    assert work.run(spec(run=False), "/usr/bin/python3", "-c", script).exit == 0
    ended = work.run(spec(run=False), "/usr/bin/python3", "-c", child)
    assert "Operation not permitted" in ended.stderr
    assert work.run(spec(), "/usr/bin/python3", "-c", child).exit == 0


def test_everyday_programs_work(work: Any, spec: Any) -> None:
    work.folder("out")
    script = (
        "import asyncio, os, pty, socket, subprocess, threading\n"
        "t = threading.Thread(target=print, args=('thread',)); t.start(); t.join()\n"
        "print(subprocess.run(['echo', 'child'], capture_output=True, text=True).stdout.strip())\n"
        "a, b = socket.socketpair(); a.send(b'pair'); print(b.recv(9).decode())\n"
        "async def main(): await asyncio.sleep(0); print('loop')\n"
        "asyncio.run(main())\n"
        "os.close(os.openpty()[0]); print('pty')\n"
    )
    ended = work.run(spec(write=("./out/**",)), "/usr/bin/python3", "-c", script)
    assert ended.stdout.split() == ["thread", "child", "pair", "loop", "pty"], ended.stderr


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_git_commits(work: Any, spec: Any) -> None:
    work.folder("out")
    ended = work.sh(
        spec(write=("./**",), read=("./**",)),
        "cd out && mkdir r && cd r && git init -q . && git config --list >/dev/null;"
        "git -c user.name=a -c user.email=a@b commit -q --allow-empty -m x && git log --format=%s",
    )
    assert ended.stdout.strip() == "x", ended.stderr


def _running(mark: str) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if any(mark.encode() in word for word in words) and b"sh" not in words[0][-2:]:
            found.append(int(path.parent.name))
    return found


def _await(done: Any) -> None:
    deadline = time.monotonic() + 120
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)
