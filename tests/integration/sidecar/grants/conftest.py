"""A sidecar with a policy, an audit log, and what grants need. The folder is a world's own."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.cli.main import main
from wilkc.core.contract import Request
from wilkc.opa import Announced, Transport
from wilkc.opa.pages import ask_condition
from wilkc.runtime.audit import AuditSettings, Places, create_log

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
    root = Path(__file__).parents[4]
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
        AuditSettings(reserve_bytes=2**20, wait_ms=10_000),
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


@pytest.fixture(autouse=True)
def _short_prompt() -> Iterator[None]:
    """Nothing of the outside says where things are."""
    saved = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("WILK_A")}
    yield
    os.environ.update(saved)
