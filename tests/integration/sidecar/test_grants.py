"""Grants and revocations with a real sidecar: what counts, for how long, and what is left when
something is killed, changed or refused in between.
"""

from __future__ import annotations

import io
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.cli.main import main
from wilkc.core.contract import Request
from wilkc.opa import Announced, Transport
from wilkc.opa.pages import ask_condition
from wilkc.runtime.audit import AuditSettings, Places, create_log
from wilkc.runtime.guard import Guard, UnsafeNoRecord, steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.sidecar.conftest import Cli, Running

WORKER = """
agents: [ann, ben]
permissions:
  filesystem:
    read: ['./src/**']
    metadata: {blocked_paths: ['.env*']}
"""
POLICY = "security_policy: {guardrails: {never: ['file:~/.ssh/** write']}}\n"
ENTRY = "file:./fix/** write"
SLACK = 4.0
"""Seconds that a machine with much else to do may add to the one that is promised."""


@dataclass
class World:
    """A sidecar with a policy, and what grants need."""

    cli: Cli
    folder: Path
    served: Running

    @property
    def options(self) -> list[str]:
        return [
            "--bundle", "releases", "--sign", "keys/k.pem", "--scope", "test",
            "--socket", "run/opa.sock", "--by", "alice",
        ]  # fmt: skip

    @staticmethod
    def wilkc(*arguments: str) -> subprocess.CompletedProcess[str]:
        """The command in this process: loading it anew each time would take most of the time."""
        shown, told = io.StringIO(), io.StringIO()
        with redirect_stdout(shown), redirect_stderr(told), pytest.raises(SystemExit) as ended:
            main(list(arguments))
        code = ended.value.code
        assert isinstance(code, int)
        return subprocess.CompletedProcess(arguments, code, shown.getvalue(), told.getvalue())

    def granting(self, *, agent: str = "ann", entry: str = ENTRY, ttl: str = "30m") -> list[str]:
        wanted = ["grant", agent, entry, "--ttl", ttl, "--reason", "incident 4711"]
        return [*wanted, *self.options, "--audit", "log", "--yes"]

    def grant(self, **given: str) -> subprocess.CompletedProcess[str]:
        return self.wilkc(*self.granting(**given))

    def revoking(self, *arguments: str) -> list[str]:
        return ["revoke", *arguments, *self.options, "--audit", "log"]

    def revoke(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.wilkc(*self.revoking(*arguments))

    def listed(self) -> list[dict[str, Any]]:
        place = ["--bundle", "releases", "--scope", "test", "--socket", "run/opa.sock"]
        done = self.wilkc("grants", *place, "--key", "keys/k.pub.pem", "-f", "json")
        assert done.returncode == 0, done.stderr
        found: list[dict[str, Any]] = json.loads(done.stdout)["grants"]
        return found

    def records(self) -> list[dict[str, Any]]:
        """What is on record of grants."""
        done = self.wilkc("audit", "show", "log", "-f", "json")
        assert done.returncode == 0, done.stderr
        found = [json.loads(line) for line in done.stdout.splitlines()]
        return [one for one in found if one["action"]["type"].startswith("permission.")]

    def allows(self, path: str = "./fix/a", agent: str = "ann", at: str | None = "now") -> bool:
        """Whether a write is allowed, at a time that the request states."""
        when = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at == "now" else at
        context = {} if when is None else {"time": when}
        socket = self.folder / "run" / "opa.sock"
        transport = Transport(socket, Announced(socket))
        try:
            return transport.decide(Request(agent, "write", "file", path, {}, context)).allow
        finally:
            transport.close()

    def killed_at(self, step: str) -> int:
        """Grant in a process that is killed where it would take a step."""
        place, _, name = step.rpartition(".")
        program = (
            "import os, signal, sys\n"
            "import wilkc.cli.grants.applying, wilkc.cli.grants.releases, wilkc.runtime.audit\n"
            f"{place}.{name} = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)\n"
            "from wilkc.cli.main import main\n"
            "main(sys.argv[1:])\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", program, *self.granting()],
            env=self.cli.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode

    def in_force(self) -> int:
        return ask_condition(self.folder / "run" / "opa.sock").sequence


@pytest.fixture
def world(cli: Cli, folder: Path, keys: Path, opa: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """See `World`; the current folder is its own."""
    assert keys.parent == folder
    monkeypatch.chdir(folder)
    root = Path(__file__).parents[3]
    cli.environment |= {"WILK_OPA": str(opa), "PYTHONPATH": str(root)}
    monkeypatch.setenv("WILK_OPA", str(opa))
    for name in ("policies", "releases", "run"):
        (folder / name).mkdir(mode=0o700)
    (folder / "policies" / "worker.yaml").write_text(WORKER)
    (folder / "policies" / "policy.yaml").write_text(POLICY)
    release(1)
    create_log(
        Places(Path("log"), Path("log.keys"), Path("log.keys.provider"), Path("root.key")),
        "example.org/t/audit",
        AuditSettings(reserve_bytes=2**20),
    )
    return World(cli, folder, serve(cli))


def release(sequence: int) -> None:
    done = World.wilkc(
        "build", "policies", "-o", f"releases/policy-{sequence}.tar.gz", "--sign", "keys/k.pem",
        "--scope", "test", "--sequence", str(sequence), "--prove", "none",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def serve(cli: Cli) -> Running:
    running = cli.start(
        "serve", "--bundle", "releases", "--key", "keys/k.pub.pem", "--scope", "test",
        "--socket", "run/opa.sock", "--state", "serve.state",
    )  # fmt: skip
    running.line_with("ready")
    return running


def id_in(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"^granted (\S+)  sequence", done.stdout, re.MULTILINE)
    assert found is not None, done.stdout
    return found[1]


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


def test_a_guardrail_refuses_with_a_witness(world: World) -> None:
    done = world.grant(entry="file:~/** write")
    assert done.returncode == 6
    assert "error[W151]" in done.stderr
    assert ".ssh" in done.stderr
    assert "a guardrail would not hold" in done.stderr
    assert world.in_force() == 1
    assert world.records() == []
    assert not Path("policies", "grants").exists()


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


def test_a_newer_release_that_is_not_in_force(world: World) -> None:
    name = id_in(world.grant())
    shutil.copy("releases/policy-1.tar.gz", "again.tar.gz")
    signed = world.wilkc(
        "sign", "again.tar.gz", "--key", "keys/k.pem", "--scope", "test", "--sequence", "9"
    )
    assert signed.returncode == 0
    # Two releases with one number: the sidecar takes neither.
    other = Path("policies", "worker.yaml")
    other.write_text(other.read_text().replace("./src", "./lib"))
    release(9)
    Path("again.tar.gz").rename("releases/again.tar.gz")
    done = world.grant(entry="file:./other/** write")
    if done.returncode == 0:
        pytest.fail("one of the two came into force")
    assert done.returncode == 6
    # A revocation is not held up by it.
    assert world.revoke(name).returncode == 0
    assert world.in_force() == 10
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


@pytest.fixture(autouse=True)
def _short_prompt() -> Iterator[None]:
    """Nothing of the outside says where things are."""
    saved = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("WILK_A")}
    yield
    os.environ.update(saved)
