"""Attacks that need a moment or a caller of their own."""

from __future__ import annotations

import errno
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.sandbox.conftest import CASES, Attacked
from tests.conformance.sandbox.programs import PROGRAMS
from tests.conformance.sandbox.scenery import CANARY

if TYPE_CHECKING:
    from collections.abc import Callable


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


def test_k16a_the_shim_is_killed(attacked: Attacked) -> None:
    mark = f"87{time.time_ns() % 10**6}"
    script = f"echo on > out/on; exec sleep {mark}"
    # An ordinary user's notes lie here, so that no other launch of the host tidies up after it.
    private = attacked.scenery.top / "tmp"
    private.mkdir()
    os.chown(private, attacked.work.owner, attacked.work.owner)
    process = attacked.work.start(
        attacked.spec({}), "/bin/sh", "-c", script, shim={"TMPDIR": str(private)}
    )
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
