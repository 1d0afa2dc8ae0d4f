"""Without a service the hook decides by the bundle, with an OPA of its own, on the record."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.architecture.test_imports import TOO_SLOW
from tests.hook_cases import case
from tests.integration.hooks.conftest import SMALL, command, denied, run_hook
from wilkc.bundle import generate_key, write_key_pair
from wilkc.identity import create_identity, open_revocations
from wilkc.runtime.audit import Places, create_log, unverified_records

if TYPE_CHECKING:
    from tests.integration.hooks.conftest import World


@pytest.fixture
def alone(world: World, tmp_path: Path) -> list[str]:
    """Options of a hook without a service, with a log of its own."""
    (tmp_path / "audit").mkdir()
    places = Places(*(tmp_path / "audit" / one for one in ("log", "keys", "provider", "root")))
    create_log(places, "example.org/hooks/alone", SMALL)
    given = [*world.alone]
    for name, place in (("", places.directory), ("-keys", places.keys),
                        ("-provider", places.provider)):  # fmt: skip
        given[given.index(f"--audit{name}") + 1] = str(place)
    return given


def _replaced(options: list[str], name: str, value: object) -> list[str]:
    changed = [*options]
    changed[changed.index(name) + 1] = str(value)
    return changed


def test_it_allows_and_denies_on_the_record(world: World, alone: list[str], tmp_path: Path) -> None:
    allowed = run_hook(alone, case("claude", "bash", world.workspace).raw())
    assert (allowed.returncode, allowed.stdout, allowed.stderr) == (0, "", "")
    reason = denied(run_hook(alone, case("codex", "patch_second_path", world.workspace).raw()))
    assert "blocked by `.env*`" in reason
    records = [one for one in unverified_records(tmp_path / "audit" / "log")
               if one["phase"] != "system"]  # fmt: skip
    assert [one["decision"]["allow"] for one in records] == [True, True, False]


def test_a_service_that_is_gone_leaves_it_to_the_bundle(world: World, alone: list[str]) -> None:
    options = [*alone, "--socket", str(world.folder / "gone.sock")]
    assert run_hook(options, case("claude", "read", world.workspace).raw()).returncode == 0


def test_a_bundle_of_another_signer_is_refused(
    world: World, alone: list[str], tmp_path: Path
) -> None:
    raw = case("claude", "read", world.workspace).raw()
    write_key_pair(tmp_path / "other", "k", generate_key())
    other = tmp_path / "other" / "k.pub.pem"
    assert "the signature does not fit" in denied(run_hook(_replaced(alone, "--key", other), raw))
    damaged = tmp_path / "bundle.tar.gz"
    data = bytearray((world.folder / "bundle.tar.gz").read_bytes())
    data[len(data) // 2] ^= 1
    damaged.write_bytes(data)
    denied(run_hook(_replaced(alone, "--bundle", damaged), raw))
    denied(run_hook(_replaced(alone, "--bundle", tmp_path / "none"), raw))
    denied(run_hook([*alone, "--state", str(tmp_path / "none.state")], raw))


def test_without_a_record_nothing_is_allowed(
    world: World, alone: list[str], tmp_path: Path
) -> None:
    raw = case("claude", "read", world.workspace).raw()
    denied(run_hook(_replaced(alone, "--audit", tmp_path / "none"), raw))
    shutil.rmtree(tmp_path / "audit" / "keys")
    denied(run_hook(alone, raw))


def test_a_revoked_agent_is_denied_on_the_record(
    world: World, alone: list[str], tmp_path: Path
) -> None:
    raw = case("claude", "read", world.workspace).raw()
    create_identity(tmp_path / "who")
    options = [*alone, "--identity", str(tmp_path / "who")]
    assert run_hook(options, raw).returncode == 0
    revocations = open_revocations(tmp_path / "who")
    revocations.revoke("agent", "coder")
    assert "the agent `coder` is revoked" in denied(run_hook(options, raw))
    records = [one for one in unverified_records(tmp_path / "audit" / "log")
               if one["phase"] != "system"]  # fmt: skip
    assert [one["decision"]["detail"] for one in records] == ["allowed", "agent_revoked"]
    revocations.restore("agent", "coder")
    assert run_hook(options, raw).returncode == 0
    (tmp_path / "who" / "revoked.table").unlink()
    denied(run_hook(options, raw))


def test_without_opa_nothing_is_allowed(world: World, alone: list[str], tmp_path: Path) -> None:
    raw = case("claude", "read", world.workspace).raw()
    denied(run_hook(alone, raw, variables={"WILK_OPA": str(tmp_path / "opa")}))
    silent = tmp_path / "opa"
    silent.write_text("#!/bin/sh\nexec sleep 30\n")
    silent.chmod(0o755)
    late = run_hook(_replaced(alone, "--deadline", "2"), raw, variables={"WILK_OPA": str(silent)})
    assert "no answer in time" in denied(late)


def test_the_death_of_what_decides_is_a_denial(world: World, alone: list[str]) -> None:
    """Killed from outside, as when memory runs out: the parent denies."""
    raw = case("claude", "read", world.workspace).raw()
    with subprocess.Popen(
        [*command(), *alone], stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(raw)
        process.stdin.close()
        os.kill(_child_of(process.pid), signal.SIGKILL)
        said = process.stderr.read()
        assert process.wait(30) == 2
    assert b"no whole answer" in said


def test_a_whole_call_loads_no_more_than_it_needs(world: World, alone: list[str]) -> None:
    """Also not at the moment when it is needed: see the test of the imports."""
    payload = case("claude", "read", world.workspace).raw()
    program = (
        "import sys, time\n"
        "from wilkc.adapters.hooks.options import parse\n"
        "from wilkc.cli.hooking.one_shot import one_shot\n"
        "end = time.monotonic() + 60\n"
        "one_shot(parse(sys.argv[1:]), sys.stdin.buffer.read(), {}, end,\n"
        "         lambda line: print(line.decode().strip()))\n"
        "print(*sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *alone], input=payload, capture_output=True, check=True
    )
    answer, loaded = done.stdout.decode().splitlines()
    assert json.loads(answer)["code"] == 0
    # What serves the bundle is loaded while OPA starts.
    assert set(loaded.split()).isdisjoint(TOO_SLOW - {"http", "logging"})


def _child_of(pid: int) -> int:
    for _ in range(3000):
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        children = listed.split()
        if children:
            return int(children[0])
        time.sleep(0.005)
    raise AssertionError("there is no child")
