"""Signed bundles with a small policy, and the command line in a process of its own."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.commands import run_wilkc
from wilkc.bundle import (
    Approval,
    PrivateKey,
    PublicKey,
    VerifiedBundle,
    generate_key,
    sign_bundle,
    verify_bundle,
    write_bundle,
    write_key_pair,
)
from wilkc.core.audit_settings import AUDIT_MEMBER
from wilkc.core.canonical import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterator

POLICY = b"""package wilk

default decision := {"decision": false, "context": {
	"reason": "VALIDATION_ERROR", "detail": "no_verdict", "message": "no",
	"rule": null, "conditions": [], "revision": "",
}}

decision := {"decision": allowed, "context": {
	"reason": reason, "detail": "d", "message": "m",
	"rule": null, "conditions": [], "revision": data.wilk.revision,
}} if {
	allowed := input.subject.id in data.wilk.agents
	reason := {true: "PERMISSION_GRANTED", false: "PERMISSION_DENIED"}[allowed]
	poisoned
}

poisoned if input.resource.id != "./poison"

poisoned if regex.match("(", input.resource.id)

decisions := [answer | some asked in input.requests; answer := decision with input as asked]
"""
GONE_SECONDS = 5


@dataclass(frozen=True)
class Signer:
    """Makes signed bundles of the small policy."""

    key: PrivateKey

    name: str = "k"

    @property
    def keys(self) -> dict[str, PublicKey]:
        return {self.name: self.key.public()}

    def bundle(
        self,
        revision: str,
        *agents: str,
        policy: bytes = POLICY,
        sequence: int | None = None,
        scope: str = "test",
        audit: bytes | None = None,
        approval: Approval | None = None,
    ) -> bytes:
        data = canonical_json({"revision": revision, "agents": list(agents)})
        manifest = {"revision": revision, "roots": ["wilk"], "rego_version": 1}
        files = {"wilk/data.json": data, "wilk/decision.rego": policy}
        if audit is not None:
            files[AUDIT_MEMBER] = audit
        return sign_bundle(
            write_bundle(files, manifest),
            self.key,
            key_id=self.name,
            scope=scope,
            sequence=sequence,
            approval=approval,
        )

    def verified(
        self,
        revision: str,
        *agents: str,
        policy: bytes = POLICY,
        sequence: int | None = None,
    ) -> VerifiedBundle:
        data = self.bundle(revision, *agents, policy=policy, sequence=sequence)
        return verify_bundle(data, self.keys, scope="test")


@pytest.fixture(scope="session")
def signer() -> Signer:
    """See `Signer`."""
    return Signer(generate_key())


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose path is short enough for a socket, with mode 0700."""
    with tempfile.TemporaryDirectory(prefix="wilk-test-") as name:
        yield Path(name)


@pytest.fixture
def keys(folder: Path, signer: Signer) -> Path:
    """A folder with the signer's key, `k.pem` and `k.pub.pem`."""
    return write_key_pair(folder / "keys", "k", signer.key)[0].parent


@dataclass
class Running:
    """`wilkc` in the background."""

    process: subprocess.Popen[str]
    lines: queue.Queue[str]

    def line(self, seconds: float = 30) -> str:
        """The next line of its output, both streams together; shown where a test fails."""
        line = self.lines.get(timeout=seconds)
        print(line)
        return line

    def line_with(self, text: str, seconds: float = 30) -> str:
        """The next line that holds a text."""
        while text not in (line := self.line(seconds)):
            pass
        return line

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; where none comes, show what each thread does."""
        self.process.send_signal(number)
        try:
            return self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)
            self.process.wait(timeout=30)
            with suppress(queue.Empty):
                while True:
                    self.line(seconds=1)
            raise


def _follow(process: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
    if process.stdout is not None:
        with process.stdout as stream:
            for line in stream:
                lines.put(line.rstrip("\n"))


@dataclass
class Cli:
    """The command `wilkc`."""

    environment: dict[str, str]
    started: list[Running]

    def run(
        self, *arguments: str | Path, given: str | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run to the end; a traceback on either stream is a failure of any test."""
        done = run_wilkc(*arguments, given=given or "", env=self.environment | environment)
        assert "Traceback" not in done.stderr + done.stdout, done.stderr
        return done

    def start(self, *arguments: str | Path, **environment: str) -> Running:
        """Run in the background."""
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "wilkc.cli.main", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.environment | environment | {"PYTHONFAULTHANDLER": "1"},
        )
        lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=_follow, args=(process, lines), daemon=True).start()
        self.started.append(Running(process, lines))
        return self.started[-1]


@pytest.fixture
def cli(folder: Path) -> Iterator[Cli]:
    """See `Cli`; what still runs at the end is killed."""
    temporary = folder / "tmp"
    temporary.mkdir()
    found = Cli({**os.environ, "TMPDIR": str(temporary)}, [])
    yield found
    for running in found.started:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait()
    assert list(temporary.iterdir()) == []


def opa_processes(folder: Path) -> list[int]:
    """Processes whose working directory is the folder: OPA runs in its run folder."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and (process / "cwd").readlink() == folder:
                found.append(int(process.name))
        except OSError:
            continue
    return found


def freeze(process: int) -> None:
    """Stop a process; the signal alone returns before all of its threads stand."""
    os.kill(process, signal.SIGSTOP)
    deadline = time.monotonic() + GONE_SECONDS
    threads = Path(f"/proc/{process}/task")
    while any(_state(thread) != "T" for thread in threads.iterdir()):
        assert time.monotonic() < deadline, f"process {process} does not stop"
        time.sleep(0.01)


def _state(thread: Path) -> str:
    """One letter, see proc(5); the name before it may hold blanks and brackets."""
    return (thread / "stat").read_text().rpartition(")")[2].split()[0]


def gone(folder: Path) -> bool:
    """Whether nothing runs in the folder any more, or soon no longer does."""
    deadline = time.monotonic() + GONE_SECONDS
    while opa_processes(folder):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def stub(path: Path, body: str) -> Path:
    """A program in the place of OPA: its first argument decides, `version` works always."""
    path.write_text(
        "#!/bin/sh\n"
        'if [ "$1" = version ]; then echo "Version: ${STUB_VERSION:-1.22.2}"; exit 0; fi\n'
        f"{body}\n"
    )
    path.chmod(0o755)
    return path
