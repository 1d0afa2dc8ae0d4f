"""Grants where something is killed, changed or refused in between."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.integration.sidecar.grants.conftest import World, id_in, release, serve
from wilkc.cli import building
from wilkc.cli.library import read_library

if TYPE_CHECKING:
    from tests.integration.sidecar.conftest import Signer


def test_a_guardrail_refuses_with_a_witness(world: World) -> None:
    done = world.grant(entry="file:~/** write")
    assert done.returncode == 6
    assert "error[W151]" in done.stderr
    assert ".ssh" in done.stderr
    assert "a guardrail would not hold" in done.stderr
    assert world.in_force() == 1
    assert world.records() == []
    assert not Path("policies", "grants").exists()


@pytest.mark.parametrize(
    ("step", "recorded", "counts"),
    [
        ("wilkc.runtime.audit.AuditLogger.system", 0, False),
        ("wilkc.cli.grants.releases.Releases.publish", 1, False),
        ("wilkc.cli.grants.applying.copy_grants", 1, True),
        ("wilkc.cli.grants.releases.Releases.await_active", 1, True),
    ],
)
def test_killed_between_two_steps(world: World, step: str, recorded: int, counts: bool) -> None:
    assert world.killed_at(step) == -signal.SIGKILL
    wanted = 2 if counts else 1
    deadline = time.monotonic() + 10
    while world.in_force() != wanted:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert world.allows() is counts
    assert [one["action"]["type"] for one in world.records()] == ["permission.grant"] * recorded
    # Whatever was left is no obstacle, and nothing of it is lost.
    other = id_in(world.grant(entry="file:./other/** write"))
    assert world.allows() is counts
    assert len(world.listed()) == 1 + counts
    copies = {path.stem for path in Path("policies", "grants").iterdir()}
    assert copies == {one["id"] for one in world.listed()} >= {other}


def test_grants_at_the_same_time_follow_on_each_other(world: World) -> None:
    entries = [f"file:./at-once-{number}/** write" for number in range(3)]
    with ThreadPoolExecutor(3) as pool:
        commands = [world.granting(entry=entry) for entry in entries]
        done = list(pool.map(lambda command: world.cli.run(*command), commands))
    names = {id_in(one) for one in done}
    assert len(names) == 3
    assert world.in_force() == 4
    assert {one["id"] for one in world.listed()} == names
    assert all(world.allows(f"./at-once-{number}/a") for number in range(3))


def test_an_edited_copy_is_refused_and_was_never_in_force(world: World) -> None:
    name = id_in(world.grant())
    copy = Path("policies", "grants", f"{name}.yaml")
    (held,) = world.listed()
    later = datetime.fromisoformat(held["until"]) + timedelta(hours=2)
    copy.write_text(copy.read_text().replace(held["until"], later.strftime("%Y-%m-%dT%H:%M:%SZ")))
    done = world.grant(entry="file:./other/** write")
    assert (done.returncode, copy.name in done.stderr) == (6, True)
    assert world.in_force() == 2
    assert not world.allows(at=held["until"])
    assert world.listed() == [held]
    # Taking it back works all the same, and mends the copy.
    assert world.revoke(name).returncode == 0
    assert held["until"] in copy.read_text()
    added = Path("policies", "grants", "by-hand.yaml")
    added.write_text(copy.read_text().replace(name, "by-hand"))
    refused = world.grant(entry="file:./other/** write")
    assert (refused.returncode, "by-hand.yaml" in refused.stderr) == (6, True)
    added.unlink()
    id_in(world.grant(entry="file:./other/** write"))


def test_a_change_of_the_policies_does_not_come_along(world: World) -> None:
    spec = Path("policies", "worker.yaml")
    spec.write_text(spec.read_text().replace("read: [", "write: ['./unreviewed/**']\n    read: ["))
    Path("policies", "more.yaml").write_text("agent: new\npermissions: {}\n")
    done = world.grant()
    id_in(done)
    assert "`policies/worker.yaml` is no longer what is in force" in done.stderr
    assert world.allows()
    assert not world.allows("./unreviewed/a")
    # The next release brings it, and keeps the grant by its copy.
    release(3)
    world.served.line_with("sequence 3")
    assert world.allows("./unreviewed/a")
    assert world.allows()


def test_a_newer_release_that_is_not_in_force(world: World, signer: Signer) -> None:
    name = id_in(world.grant())
    # Wilk verifies it, and OPA cannot compile it.
    refused = signer.bundle("r9", policy=b"package wilk\n\ndecision := nobody\n", sequence=9)
    Path("releases", ".new").write_bytes(refused)
    Path("releases", ".new").rename("releases/policy-9.tar.gz")
    world.served.line_with("refused the new bundle")
    done = world.grant(entry="file:./other/** write")
    assert (done.returncode, "sequence 9 lies in `releases`" in done.stderr) == (6, True)
    assert world.in_force() == 2
    # A revocation is not held up by it.
    revoked = world.revoke(name)
    assert revoked.returncode == 0, revoked.stderr
    assert world.in_force() == 10
    assert not world.allows()


def test_another_compiler_does_not_come_along_unseen(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = id_in(world.grant())
    changed = {member: text + b"\n# mended\n" for member, text in read_library().items()}
    monkeypatch.setattr(building, "read_library", lambda: changed)
    refused = world.revoke(name)
    assert (refused.returncode, "differs from what this one" in refused.stderr) == (5, True)
    assert (world.in_force(), len(world.records())) == (2, 1)
    assert world.allows()
    done = world.revoke(name, "--recompile")
    assert (done.returncode, "warning: recompiled: Wilk" in done.stderr) == (0, True)
    assert not world.allows()


def test_without_a_sidecar(world: World) -> None:
    name = id_in(world.grant())
    assert world.served.stop() == 0
    refused = world.grant(entry="file:./other/** write")
    assert (refused.returncode, "no sidecar is running" in refused.stderr) == (7, True)
    revoked = world.revoke(name)
    assert revoked.returncode == 7
    assert "sequence 3 was released, and no sidecar is running" in revoked.stderr
    serve(world.cli)
    assert world.in_force() == 3
    assert not world.allows()


def test_a_sidecar_that_does_not_take_it_up(world: World) -> None:
    process = world.served.process
    name = id_in(world.grant())
    program = (
        "import os, signal, sys\n"
        "from wilkc.cli.grants.releases import Releases\n"
        "publish = Releases.publish\n"
        "def stopping(*given):\n"
        f"    os.kill({process.pid}, signal.SIGSTOP)\n"
        "    return publish(*given)\n"
        "Releases.publish = stopping\n"
        "from wilkc.cli.main import main\n"
        "main(sys.argv[1:])\n"
    )
    try:
        done = subprocess.run(
            [sys.executable, "-c", program, "revoke", name, *world.options, "--audit", "log",
             "--wait", "1"],
            env=world.cli.environment, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    finally:
        process.send_signal(signal.SIGCONT)
    assert done.returncode == 7, done.stdout + done.stderr
    assert "sequence 3 was released" in done.stderr
    world.served.line_with("sequence 3")
    assert not world.allows()


def test_no_record_no_grant(world: World) -> None:
    shutil.move("log.keys", "keys-elsewhere")
    done = world.grant()
    assert done.returncode in {2, 5, 7}
    assert world.in_force() == 1
    assert not world.allows()
    shutil.move("keys-elsewhere", "log.keys")
    assert world.records() == []
    id_in(world.grant())
