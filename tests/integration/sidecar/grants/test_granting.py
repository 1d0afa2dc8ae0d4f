"""Grants and revocations with a real sidecar: what counts, and for how long."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.integration.sidecar.grants.conftest import ENTRY, SLACK, World, id_in, serve
from wilkc.runtime.guard import Guard, UnsafeNoRecord, steps


def test_a_grant_counts_until_its_end_though_nobody_rebuilds(world: World) -> None:
    assert not world.allows()
    done = world.grant()
    name = id_in(done)
    assert "+ file write newly allowed" in done.stdout
    assert world.in_force() == 2
    assert world.allows()
    assert not world.allows("./.env"), "a block stays"
    assert not world.allows(agent="ben"), "of the same spec"
    (held,) = world.listed()
    assert held["state"] == "active"
    assert (held["id"], held["agent"], held["by"]) == (name, "ann", "alice")
    assert Path(held["file"]) == Path("policies", "grants", f"{name}.yaml")
    assert held["allow"] in Path(held["file"]).read_text().splitlines()[held["line"] - 1]
    begins, ends = held["since"], held["until"]
    assert world.allows(at=begins)
    assert not world.allows(at=ends)
    before = datetime.fromisoformat(begins) - timedelta(seconds=1)
    assert not world.allows(at=before.strftime("%Y-%m-%dT%H:%M:%SZ")), "a clock set back"
    assert not world.allows(at=None), "no time, no grant"
    (record,) = world.records()
    assert record["action"]["type"] == "permission.grant"
    assert record["actor"]["id"] == "ann"
    assert record["action"]["details"]["permission_source"] == f"grant {name}"
    assert record["action"]["details"]["duration_us"] == 30 * 60 * 1_000_000


def test_the_guard_compares_it_with_its_own_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_in(world.grant())
    (world.folder / "fix").mkdir()
    offset = timedelta()

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + offset

    monkeypatch.setattr(steps, "datetime", Clock)
    guard = Guard(
        world.folder / "run" / "opa.sock",
        UnsafeNoRecord(),
        agent="ann",
        workspace=world.folder,
    )
    with closing(guard):
        assert guard.check("file:./fix/a", "write").allow
        offset = timedelta(minutes=31)
        assert not guard.check("file:./fix/a", "write").allow
        offset = timedelta(minutes=-31)
        assert not guard.check("file:./fix/a", "write").allow
        offset = timedelta()
        assert guard.check("file:./fix/a", "write").allow


def test_a_revocation_counts_within_a_second_of_its_record(world: World) -> None:
    name = id_in(world.grant())
    kept = id_in(world.grant(entry="file:./other/** write"))
    with ThreadPoolExecutor(1) as pool:
        revoked = pool.submit(world.cli.run, *world.revoking(name))
        while world.allows():
            assert not revoked.done(), revoked.result().stderr
            time.sleep(0.01)
        denied = datetime.now(UTC)
    assert revoked.result().returncode == 0, revoked.result().stderr
    record = world.records()[-1]
    assert record["action"]["type"] == "permission.revoke"
    assert denied - datetime.fromisoformat(record["ts"]) < timedelta(seconds=1 + SLACK)
    assert not world.allows()
    assert world.allows("./other/a"), "another grant stays"
    assert {one["id"]: one["state"] for one in world.listed()} == {
        name: "revoked",
        kept: "active",
    }
    again = world.revoke(name)
    assert (again.returncode, "was revoked at" in again.stderr) == (2, True)
    assert world.revoke("--all", "ann").returncode == 0
    assert not world.allows("./other/a")
    assert world.revoke("--all", "ann").returncode == 2
    assert world.revoke("unheard-of").returncode == 2


REFUSED: list[tuple[tuple[str, ...], int, str]] = [
    (("nobody", ENTRY), 2, "no agent `nobody`"),
    (("ann", "file:./a**b write"), 2, "must be a whole segment"),
    (("ann", "./fix write"), 2, "TYPE:PATTERN ACTION"),
    (("ann", ENTRY, "--ttl", "0s"), 2, "between a second and 24 hours"),
    (("ann", ENTRY, "--ttl", "24h1s"), 2, "--ttl"),
    (("ann", ENTRY, "--ttl", "25h"), 2, "between a second and 24 hours"),
    (("ann", ENTRY, "--ttl", "86401"), 2, "between a second and 24 hours"),
    (("ann", ENTRY, "--ttl", "-1m"), 2, "--ttl"),
    (("ann", ENTRY, "--reason", " "), 2, "--reason"),
    (("ann", ENTRY, "--reason", "two\nlines"), 2, "--reason"),
    (("ann", ENTRY, "--by", "no name"), 2, "--by"),
    (("ann", "file:./.env write"), 6, "nothing new"),
    (("ann", "file:./src/a read"), 6, "nothing new"),
    (("ann", ENTRY, "--audit", "nowhere"), 2, "nowhere"),
    (("ann", ENTRY, "--overlay", "no/such/folder"), 2, "no/such/folder"),
    (("ann", ENTRY, "--bundle", "http://127.0.0.1/"), 2, "released to an address"),
    (("ann", ENTRY, "--scope", "other"), 5, "scope"),
]


def test_what_is_refused_leaves_nothing(world: World) -> None:
    given = ["--ttl", "5m", "--reason", "r", *world.options, "--audit", "log", "--yes"]
    for arguments, code, says in REFUSED:
        done = world.wilkc("grant", *arguments[:2], *given, *arguments[2:])
        assert (done.returncode, says in done.stderr) == (code, True), (arguments, done.stderr)
    assert world.in_force() == 1
    assert world.records() == []
    assert [path.name for path in Path("releases").glob("*.gz")] == ["policy-1.tar.gz"]


def test_nobody_is_asked_where_there_is_no_terminal(world: World) -> None:
    wanted = ["grant", "ann", ENTRY, "--ttl", "5m", "--reason", "r", *world.options]
    done = world.wilkc(*wanted, "--audit", "log")
    assert (done.returncode, "--yes" in done.stderr) == (2, True)
    shown = world.wilkc(*wanted, "--audit", "log", "--dry-run")
    assert (shown.returncode, "newly allowed" in shown.stdout) == (0, True)
    assert (world.in_force(), world.records()) == (1, [])


@pytest.mark.parametrize(("answer", "code"), [("n", 6), ("", 6), ("y", 0)])
def test_the_change_is_shown_and_confirmed(world: World, answer: str, code: int) -> None:
    wanted = ["grant", "ann", ENTRY, "--ttl", "5m", "--reason", "r", *world.options]
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "wilkc.cli.main", *wanted, "--audit", "log"],
        stdin=theirs, stdout=theirs, stderr=theirs, env=world.cli.environment,
    )  # fmt: skip
    os.close(theirs)
    shown = _until(ours, "grant this?")
    assert "newly allowed" in shown
    assert world.in_force() == 1, "nothing before the answer"
    os.write(ours, f"{answer}\n".encode())
    _until(ours, None)
    assert process.wait(timeout=60) == code
    os.close(ours)
    assert world.allows() is (code == 0)


def _until(terminal: int, text: str | None) -> str:
    """What a terminal shows up to a text, or to its end."""
    shown = ""
    while text is None or text not in shown:
        try:
            more = os.read(terminal, 65_536)
        except OSError:
            break
        if not more:
            break
        shown += more.decode()
    return shown


def test_what_has_ended_leaves_with_the_next_change(world: World) -> None:
    short = id_in(world.grant(ttl="1s"))
    deadline = time.monotonic() + 10
    while world.allows():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert [one["state"] for one in world.listed()] == ["ended"]
    other = world.grant(entry="file:./other/** write", agent="ben")
    kept = id_in(other)
    assert f"ended {short}" in other.stdout
    assert [one["id"] for one in world.listed()] == [kept]
    assert [path.stem for path in Path("policies", "grants").iterdir()] == [kept]


def test_bundles_of_earlier_grants_are_removed(world: World) -> None:
    name = id_in(world.grant())
    assert world.revoke(name).returncode == 0
    names = sorted(path.name for path in Path("releases").glob("*.gz"))
    assert names == ["grants-3.tar.gz", "policy-1.tar.gz"]
    assert world.served.stop() == 0
    serve(world.cli)
    assert world.in_force() == 3
