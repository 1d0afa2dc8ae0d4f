"""An agent's specs, a workspace that the run identity owns, and a log, for `wilkc run`."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.runtime.audit import AuditSettings, Places, create_log

if TYPE_CHECKING:
    from collections.abc import Iterator

SPEC = """\
agent: builder
permissions:
  filesystem:
    read: ['./src/**']
    write: ['./out/**']
    execute: ['./scripts/**']
    metadata: {blocked_paths: ['.env*']}
  shell:
    allowed_commands: ['cat *', 'touch *', 'false', 'sleep *', 'env', './scripts/greet',
      './scripts/pearl', 'python3 *']
    blocked_commands: ['touch -d *']
    allowed_interpreters: [sh, python3]
    environment_variables: {allow: ['COLOUR', 'LD_*'], set: {MODE: test}}
    max_execution_time: 3
sandbox:
  isolation: {level: moderate}
  degraded: [cgroup]
---
agent: fetcher
permissions:
  network: {allowed_hosts: [api.example.com]}
  shell: {allowed_commands: ['cat *']}
sandbox: {isolation: {level: moderate}, degraded: [cgroup]}
"""


@dataclass(frozen=True)
class Site:
    """Specs, a workspace that the run identity owns, and a log."""

    top: Path
    work: Path
    opa: Path

    def start(self, *words: str, **variables: str) -> subprocess.Popen[str]:
        fixed = {"PATH": "/usr/bin:/bin", "HOME": str(self.top), "WILK_OPA": str(self.opa)}
        return subprocess.Popen(
            [sys.executable, "-m", "wilkc.cli.main", "run", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.work,
            env={**fixed, **variables},
        )

    def run(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*words, **variables)
        out, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def record(self, name: str = "log") -> tuple[str, ...]:
        return ("--audit", str(self.top / name), "--audit-keys", str(self.top / "keys"))

    def policies(self) -> tuple[str, ...]:
        return ("--policies", str(self.top / "policies"), *self.record())

    def agent(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return self.run(*self.policies(), "builder", "--", *command, **variables)

    def events(self) -> list[dict[str, Any]]:
        lines = b"".join(path.read_bytes() for path in sorted((self.top / "log").glob("seg-*")))
        decoded = [json.loads(line) for line in lines.split(b"\n") if line]
        return [one["event"] for one in decoded if "event" in one]

    def write(self, name: str, text: str, mode: int = 0o644) -> Path:
        path = self.work / name
        path.write_text(text)
        path.chmod(mode)
        self.own()
        return path

    def own(self) -> None:
        if os.geteuid() == 0:
            owner = pwd.getpwnam("nobody").pw_uid
            for path in (self.work, *self.work.rglob("*")):
                os.chown(path, owner, owner, follow_symlinks=False)


@pytest.fixture
def site(bwrap: Path, opa: Path) -> Iterator[Site]:
    del bwrap
    top = Path(tempfile.mkdtemp(prefix="wilk-site-"))
    top.chmod(0o755)
    made = Site(top, top / "work", opa)
    for name in ("src", "out", "scripts"):
        (made.work / name).mkdir(parents=True)
    (made.work / "src/a.txt").write_text("hello")
    (made.work / "src/.env").write_text("SECRET-CANARY")
    made.write("scripts/greet", "#!/bin/sh\necho greetings\n", 0o755)
    made.write("scripts/pearl", "#!/usr/bin/perl\nprint 1\n", 0o755)
    (top / "policies").mkdir()
    (top / "policies/agents.yaml").write_text(SPEC)
    places = Places(top / "log", top / "keys", top / "keys.provider", top / "root.key")
    create_log(places, "example.org/test/audit", AuditSettings(wait_ms=10_000))
    yield made
    shutil.rmtree(top)
