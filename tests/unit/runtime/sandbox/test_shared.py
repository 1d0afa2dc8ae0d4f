"""`process: shared`: no process namespace of its own, and a control group that ends all."""

from __future__ import annotations

import time
from typing import Any

import pytest

SHARED = {"level": "minimal", "process": "shared", "degraded": ()}


@pytest.fixture
def grouped(root_work: Any, spec: Any, require: Any) -> Any:
    """A workspace on a host where control groups can be made."""
    ended = root_work.sh(spec(**SHARED), "true")
    if ended.detail == "sandbox.limit_not_enforceable":
        require("cgroup", ended.message)
    return root_work


def test_it_is_refused_without_a_control_group(user_work: Any, spec: Any) -> None:
    mark = user_work.path / "ran"
    given = spec(**SHARED).changed(degraded=("cgroup",))
    ended = user_work.sh(given, f"touch {mark}")
    if ended.kind == "exited" and ended.launch["limits"]["pids"]["strength"] == "enforced":
        pytest.skip("an ordinary user may make control groups here")
    assert (ended.kind, ended.detail) == ("sandbox_failed", "sandbox.limit_not_enforceable")
    assert "process: shared" in ended.message
    assert not mark.exists()


def test_processes_have_the_numbers_of_the_host_and_nothing_is_shown(
    grouped: Any, spec: Any
) -> None:
    ended = grouped.sh(spec(**SHARED), "echo $$; ls -A /proc; true")
    assert ended.kind == "exited", ended
    assert int(ended.stdout.split()[0]) > 2
    assert len(ended.stdout.split()) == 1
    # The control: a process namespace of its own begins with 1.
    alone = grouped.sh(spec(level="minimal"), "echo $$; ls -A /proc | head -1")
    assert int(alone.stdout.split()[0]) <= 3
    assert len(alone.stdout.split()) == 2


def test_with_the_whole_host_in_view_no_process_is_shown(grouped: Any, spec: Any) -> None:
    ended = grouped.sh(
        spec(**SHARED, filesystem="full"), "ls -A /proc; ls /usr > /dev/null && echo seen"
    )
    assert ended.stdout == "seen\n"


def test_what_it_leaves_running_ends_with_it(grouped: Any, spec: Any) -> None:
    grouped.folder("out")
    script = (
        "(setsid sh -c 'while :; do date +%N > out/on; sleep 0.05; done' >/dev/null 2>&1 &)"
        " ; sleep 0.3"
    )
    ended = grouped.sh(spec(**SHARED, write=("./out/**",)), script)
    assert ended.kind == "exited", ended
    before = (grouped.path / "out/on").read_text()
    time.sleep(0.4)
    assert (grouped.path / "out/on").read_text() == before
    assert ended.launch["cleanup"]["count"] == 0


def test_what_forks_without_end_ends_with_it(grouped: Any, spec: Any) -> None:
    script = "(setsid sh -c 'f() { while :; do (sleep 0.01 &) ; done; }; f & f & f' &) ; sleep 0.3"
    ended = grouped.sh(spec(**SHARED), script)
    assert (ended.kind, ended.launch["cleanup"]["count"]) == ("exited", 0), ended


def test_neither_everybody_is_signalled_nor_limits_of_others_set(grouped: Any, spec: Any) -> None:
    code = (
        "import os, resource, signal\n"
        "for name, call in (('kill', lambda: os.kill(-1, 0)),"
        " ('limit', lambda: resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE)),"
        " ('own', lambda: resource.prlimit(0, resource.RLIMIT_NOFILE)),"
        " ('child', lambda: (lambda p: (os.kill(p, 9), os.waitpid(p, 0)))(os.fork() or"
        " __import__('time').sleep(9)))):\n"
        "    try:\n        call()\n    except PermissionError:\n        print(name, 'refused')\n"
        "    else:\n        print(name, 'done')\n"
    )
    ended = grouped.run(spec(**SHARED), "/usr/bin/python3", "-c", code)
    assert ended.stdout.splitlines() == [
        "kill refused", "limit refused", "own done", "child done",
    ]  # fmt: skip
