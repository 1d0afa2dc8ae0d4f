"""A rewritten command is run by a real shell, in the real sandbox, and nothing else is."""

from __future__ import annotations

import json
import os
import pwd
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.hook_cases import case
from tests.integration.hooks.conftest import denied, run_hook

if TYPE_CHECKING:
    from tests.integration.hooks.conftest import World

WILKC = str(Path(sys.executable).with_name("wilkc"))


def _options(world: World) -> list[str]:
    given = [one for one in world.alone if one != "--unsafe-no-sandbox"]
    return [*given, "--socket", str(world.socket), "--confine", WILKC]


def _payload(world: World, command: str) -> dict[str, Any]:
    payload = dict(case("claude", "bash", world.workspace).payload)
    payload["tool_input"] = {"command": command}
    return payload


@pytest.fixture
def owned(world: World) -> World:
    """A world whose workspace is an ordinary user's: commands never run as root unasked."""
    if os.geteuid() == 0:
        owner = pwd.getpwnam("nobody").pw_uid
        world.folder.chmod(0o711)
        for path in (world.workspace, *world.workspace.rglob("*")):
            os.chown(path, owner, owner, follow_symlinks=False)
    return world


def test_what_the_harness_is_told_to_run_runs_in_the_sandbox(owned: World) -> None:
    world = owned
    done = run_hook(_options(world), _payload(world, "ls -1 src 'no such file'"))
    assert (done.returncode, done.stderr) == (0, "")
    line = json.loads(done.stdout)["hookSpecificOutput"]["updatedInput"]["command"]
    ran = subprocess.run(
        ["/bin/bash", "-c", line], cwd=world.workspace, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 2, ran.stderr
    assert "app.ts" in ran.stdout
    assert "'no such file'" in ran.stderr
    question, decision, outcome = world.records()[-3:]
    assert question["decision"]["allow"] is decision["decision"]["allow"] is True
    assert outcome["phase"] == "outcome"
    # The line is known when it comes back, and needs no other.
    assert run_hook(_options(world), _payload(world, line)).stdout == ""


def test_what_is_not_allowed_is_not_rewritten(world: World) -> None:
    assert "[blocked]" in denied(run_hook(_options(world), _payload(world, "rm -rf out")))
    own = shlex.join([WILKC, "run", "coder", "--policies", "evil.yaml", "--", "ls", "src"])
    assert "[run_options_differ]" in denied(run_hook(_options(world), _payload(world, own)))
