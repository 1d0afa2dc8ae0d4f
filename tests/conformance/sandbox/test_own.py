"""Attacks that need a host, a limit or a moment of their own."""

from __future__ import annotations

import errno
import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.conformance.sandbox.conftest import CASES, Attacked
from tests.conformance.sandbox.programs import PROGRAMS
from tests.conformance.sandbox.scenery import CANARY

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.runtime.sandbox.conftest import Result

NO_GROUPS: Final = "sandbox.limit_not_enforceable"
UNSHARE: Final = "/usr/bin/unshare"
MAPPED: Final = f"""
exec 3<&0
{UNSHARE} --user /bin/sh -c '
    until grep -q . /proc/self/gid_map; do sleep 0.02; done
    exec /bin/sh -c "OWN && exec \\"\\$@\\"" sh "$@"' sh "$@" <&3 &
child=$!
until echo "0 0 65536" > /proc/$child/uid_map; do sleep 0.02; done 2> /dev/null
until echo "0 0 65536" > /proc/$child/gid_map; do sleep 0.02; done 2> /dev/null
wait $child
"""
"""Starts the shim as root of a user namespace that has all of the host's users."""


def _with_program(attacked: Attacked, name: str, **policy: Any) -> Result:
    """Launch a case's program; where no control group can be had, under a strict plan."""
    given = CASES[name]["request"]
    path = given["argv"][-1]
    attacked.scenery.file(path, PROGRAMS[path])
    attacked.scenery.own()
    policy = {**given.get("policy", {}), **policy}
    if not attacked.groups:
        policy["level"] = "strict"
    return attacked.launch({"request": {"policy": policy}}, *given["argv"])


def _held_by_groups(attacked: Attacked, ended: Result) -> bool:
    """Whether the command ran at all: what no control group holds must not start."""
    if attacked.groups:
        return True
    assert (ended.status, ended.detail, ended.stdout) == (120, NO_GROUPS, ""), ended
    attacked.require("cgroup", ended.message)
    return False


def test_f1a_the_root_as_workspace(attacked: Attacked) -> None:
    for asked in ("/", str(attacked.scenery.project)):
        ended = attacked.launch(CASES["F1a"], "true", workspace=asked)
        refused = asked == "/"
        assert (ended.kind == "sandbox_failed") is refused, ended
        assert (ended.detail == "sandbox.workspace_moved") is refused, ended


def test_f8a_a_directory_swapped_for_a_link(attacked: Attacked) -> None:
    swap = {str(attacked.scenery.project / "out"): str(attacked.scenery.home)}
    assert attacked.launch(CASES["F8a"], "true").kind == "exited"
    ended = attacked.launch(CASES["F8a"], "true", between=swap)
    assert (ended.kind, ended.status, ended.stdout) == ("sandbox_failed", 120, ""), ended


def test_f18a_a_blocked_name_that_appears_is_reported(attacked: Attacked) -> None:
    script = "echo on > out/on; while ! [ -e sub/.env ]; do sleep 0.05; done; cat sub/.env"
    process = attacked.work.start(attacked.spec({}), "/bin/sh", "-c", script)
    try:
        _await((attacked.scenery.project / "out/on").exists)
        attacked.scenery.file("sub/.env", "appeared")
        attacked.scenery.own()
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, err
    assert b"that appears during the launch" in out


@pytest.mark.parametrize("held", [True, False])
def test_f26a_a_descriptor_of_the_caller(attacked: Attacked, held: bool) -> None:
    secret = str(attacked.scenery.home / ".ssh/id_ed25519")
    if not held:
        # The control: the caller itself can read what it holds open.
        reading = attacked.scenery.outside(
            attacked.scenery.top, "/bin/sh", "-c", 'exec 7<"$0"; cat <&7', secret
        )
        assert reading.stdout == CANARY
        return
    opened = attacked.through('exec 7<"$1"; shift; exec "$@"', secret)
    ended = opened.launch(CASES["F26a"], *CASES["F26a"]["request"]["argv"])
    assert CANARY not in ended.stdout
    assert ended.exit != 0


@pytest.mark.parametrize("rewritten", [True, False])
def test_f26c_standard_output_cannot_be_rewritten(attacked: Attacked, rewritten: bool) -> None:
    log = attacked.scenery.file(attacked.scenery.top / "log", "earlier\n", 0o666)
    script = 'log=$1; shift; "$@" >> "$log"; code=$?; tail -n 1 "$log"; exit $code'
    # The control: the same words, written to where standard output already leads.
    argv = CASES["F26c"]["request"]["argv"] if rewritten else ["echo", "x"]
    ended = attacked.through(script, str(log)).launch(CASES["F26c"], *argv)
    assert log.read_text().startswith("earlier\n{")
    assert ended.kind == "exited"
    assert rewritten or ended.stdout == "x\n"


def test_k11a_a_fork_bomb(attacked: Attacked) -> None:
    given = CASES["K11a"]["request"]
    attacked.scenery.file(given["argv"][-1], PROGRAMS[given["argv"][-1]])
    attacked.scenery.own()
    ended = attacked.launch(CASES["K11a"], *given["argv"])
    made = int(ended.stdout)
    assert 0 < made <= attacked.spec({}).plan.limits.pids < given["children"]
    assert ended.launch["limits"]["pids"]["strength"] == (
        "enforced" if attacked.groups else "partial"
    )


def test_k12c_more_files_than_memory(attacked: Attacked) -> None:
    ended = _with_program(attacked, "K12c", memory={"max": "96MB"})
    if _held_by_groups(attacked, ended):
        assert (ended.kind, ended.status, ended.detail) == ("limit", 122, "memory"), ended
        assert "all made" not in ended.stdout


def test_k13a_more_memory_than_the_limit(attacked: Attacked) -> None:
    ended = _with_program(attacked, "K13a")
    if _held_by_groups(attacked, ended):
        assert (ended.kind, ended.status, ended.detail) == ("limit", 122, "memory"), ended
        # The control: the same program under a limit that it keeps.
        fits = _with_program(attacked, "K13a", memory={"max": "512MB"})
        assert fits.stdout == "all eaten\n", fits


def test_k13d_monitored_memory_goes_on(attacked: Attacked) -> None:
    ended = _with_program(attacked, "K13d", monitor_interval_s=1)
    if _held_by_groups(attacked, ended):
        assert (ended.kind, ended.stdout) == ("exited", "all eaten\n"), ended
        told = [one["type"] for one in ended.launch["alerts"]]
        assert CASES["K13d"]["request"]["alert"] in told, ended


def test_k14a_a_busy_loop(attacked: Attacked) -> None:
    ended = _with_program(attacked, "K14a")
    if _held_by_groups(attacked, ended):
        assert float(ended.stdout) <= CASES["K14a"]["request"]["at_most_cpu_s_in_2_s"]


def test_k16a_the_shim_is_killed(attacked: Attacked) -> None:
    mark = f"87{time.time_ns() % 10**6}"
    script = f"echo on > out/on; exec sleep {mark}"
    process = attacked.work.start(attacked.spec({}), "/bin/sh", "-c", script)
    try:
        _await((attacked.scenery.project / "out/on").exists)
        # The control: it runs, and would go on.
        assert _running(mark)
    finally:
        for pid in _running(str(attacked.work.package)):
            os.kill(pid, signal.SIGKILL)
        process.communicate()
    _await(lambda: not _running(mark))
    assert attacked.launch({"request": {}}, "true").kind == "exited"


@pytest.mark.parametrize("loader", [True, False])
def test_k18i_a_glob_over_a_loader_variable(attacked: Attacked, loader: bool) -> None:
    name = "LD_PRELOAD" if loader else "LDX_COLOUR"
    policy = {"environment_variables": {"allow": ["LD_*", "LDX_*"]}}
    given = {"request": {"policy": policy, "caller_env": {name: "/home/dev/evil"}}}
    ended = attacked.launch(given, "env")
    assert ended.kind == "exited"
    # The control: a variable that loads nothing comes through the same rule.
    assert (f"{name}=" in ended.stdout) is not loader


def test_k23a_a_child_although_none_is_granted(attacked: Attacked) -> None:
    attacked.scenery.file("scripts/spawn.py", PROGRAMS["./scripts/spawn.py"])
    attacked.scenery.own()
    ended = attacked.launch(CASES["K23a"], *CASES["K23a"]["request"]["argv"])
    assert ended.stdout.split() == ["thread", str(errno.EPERM), str(errno.EPERM)], ended
    granted = attacked.launch({"request": {}}, *CASES["K23a"]["request"]["argv"])
    assert "started" in granted.stdout


def test_k20a_a_mount_that_is_not_there(attacked: Attacked) -> None:
    spec = attacked.spec({})
    bad = replace(spec, plan=replace(spec.plan, runtime_paths=("/nonexistent",)))
    ended = attacked.work.run(bad, "true")
    assert (ended.kind, ended.status) == ("sandbox_failed", 120)
    good = replace(spec, plan=replace(spec.plan, runtime_paths=("/usr/bin",)))
    assert attacked.work.run(good, "true").kind == "exited"


def test_k21a_bubblewrap_ends_without_a_word(attacked: Attacked) -> None:
    # Only root can make a program that root owns; for others one that is there does as well.
    program = Path("/usr/bin/true")
    if os.geteuid() == 0:
        program = attacked.scenery.file(
            attacked.scenery.top / "bwrap",
            '#!/bin/sh\n[ "$1" != --help ] || exec /usr/bin/bwrap --help\nexit 0\n',
            0o755,
        )
        os.chown(program, 0, 0)
    ended = attacked.work.run(attacked.spec({}), "true", bwrap=str(program))
    assert (ended.kind, ended.status, ended.exit) == ("sandbox_failed", 120, None), ended


def test_p10a_no_user_namespaces(attacked: Attacked) -> None:
    """In a user namespace of its own, whose limit on further ones is set to nothing."""
    for most in (0, 1000):
        own = f"echo {most} > /proc/sys/user/max_user_namespaces"
        if os.geteuid() == 0:
            script = MAPPED.replace("OWN", own)
        elif most:
            # The control without an own namespace: only root can show bubblewrap's owner in one.
            script = 'exec "$@"'
        else:
            shell = f'/bin/sh -c \'{own} && exec "$@"\' sh "$@"'
            script = f"exec {UNSHARE} --user --map-current-user --keep-caps {shell}"
        ended = attacked.through(script).launch({"request": {}}, "echo", "ran")
        refused = most == 0
        assert (ended.kind == "sandbox_failed") is refused, ended
        assert (ended.stdout == "") is refused, ended


def test_p10b_strict_without_control_groups(attacked: Attacked) -> None:
    ended = attacked.launch({"request": {"policy": {"level": "strict"}}}, "echo", "ran")
    if attacked.groups:
        # The control: where there are groups the same plan starts.
        assert ended.stdout == "ran\n"
    else:
        assert (ended.status, ended.detail, ended.stdout) == (120, NO_GROUPS, "")


def test_p10d_no_container_engine(attacked: Attacked) -> None:
    ended = attacked.launch(CASES["P10d"], "echo", "ran")
    assert (ended.kind, ended.status, ended.stdout) == ("sandbox_failed", 120, "")


def test_p12a_decisions_of_another_revision(attacked: Attacked) -> None:
    spec = attacked.spec({})
    assert attacked.work.run(spec, "echo", "ran").stdout == "ran\n"
    other = replace(spec, rules={**spec.rules, "revision": "0" * 64})
    ended = attacked.work.run(other, "echo", "ran")
    assert (ended.status, ended.detail, ended.stdout) == (120, "sandbox.disagrees_with_policy", "")


def _running(mark: str) -> list[int]:
    """Processes with the text among their arguments."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            words = (place / "cmdline").read_bytes()
        except OSError:
            continue
        if mark.encode() in words and int(place.name) != os.getpid():
            found.append(int(place.name))
    return found


def _await(holds: Callable[[], Any]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)
