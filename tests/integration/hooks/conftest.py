"""A service for hooks with the real OPA and a real log, and the real command as a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.hook_cases import PROMISES, SPEC, make_workspace
from wilkc.adapters.hooks.judge import Means
from wilkc.adapters.hooks.server import HookServer
from wilkc.bundle import generate_key, sign_bundle, verify_bundle, write_bundle, write_key_pair
from wilkc.cli.hooking.places import entry_script
from wilkc.cli.library import read_library
from wilkc.compiler import compile_sources
from wilkc.opa import Sidecar, SidecarSettings
from wilkc.runtime import SharedLog
from wilkc.runtime.audit import AuditSettings, Places, create_log, unverified_records

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SMALL = AuditSettings(reserve_bytes=0, min_free_bytes=0, wait_ms=10_000)
PATIENT = "15"
"""Seconds for an answer, on a machine that does other things too."""


@dataclass(frozen=True)
class World:
    """What a hook needs: a bundle with its key, a log, a workspace, and a service that answers.

    Attributes:
        folder: holds everything.
        workspace: the agent's.
        socket: of the service.
        said: what the service has logged.
    """

    folder: Path
    workspace: Path
    socket: Path
    said: list[str] = field(default_factory=list)

    @property
    def resident(self) -> list[str]:
        """Options of a hook that asks the service."""
        return [*self._common(), "--socket", str(self.socket)]

    @property
    def alone(self) -> list[str]:
        """Options of a hook that decides by the bundle."""
        places = {
            "--bundle": "bundle.tar.gz",
            "--key": "k.pub.pem",
            "--audit": "audit/log",
            "--audit-keys": "audit/keys",
            "--audit-provider": "audit/provider",
        }
        given = [word for name, place in places.items() for word in (name, self.folder / place)]
        return [*self._common(), *map(str, given)]

    def _common(self) -> list[str]:
        promises = [word for one in PROMISES for word in ("--fulfils", one)]
        workspace = ["--workspace", str(self.workspace)]
        return ["--agent", "coder", *workspace, *promises, "--unsafe-no-sandbox",
                "--deadline", PATIENT]  # fmt: skip

    def records(self) -> list[dict[str, Any]]:
        found = unverified_records(self.folder / "audit" / "log")
        return [one for one in found if one["phase"] != "system"]


@pytest.fixture(scope="module")
def world(opa: Path) -> Iterator[World]:
    """See `World`."""
    with tempfile.TemporaryDirectory(prefix="wilk-test-") as name:
        folder = Path(name)
        compiled = compile_sources({"coder.yaml": SPEC}, read_library())
        key = generate_key()
        signed = sign_bundle(write_bundle(compiled.files, compiled.manifest), key, key_id="k")
        (folder / "bundle.tar.gz").write_bytes(signed)
        write_key_pair(folder, "k", key)
        (folder / "audit").mkdir()
        places = Places(*(folder / "audit" / one for one in ("log", "keys", "provider", "root")))
        create_log(places, "example.org/hooks/test", SMALL)
        made = World(folder, make_workspace(folder / "work"), folder / "run" / "hooks.sock")
        recorder = SharedLog(places.directory, places.keys, places.provider, SMALL)
        bundle = verify_bundle(signed, {"k": key.public()})
        with (
            Sidecar(bundle, {"k": key.public()}, SidecarSettings(opa)) as sidecar,
            HookServer(made.socket, Means(sidecar.point, recorder), made.said.append),
        ):
            yield made


Done = subprocess.CompletedProcess[str]


def run_hook(
    options: Sequence[str],
    given: bytes | dict[str, Any],
    *,
    cwd: Path | None = None,
    variables: Mapping[str, str] | None = None,
    program: Sequence[str] | None = None,
) -> Done:
    """Run the hook as a harness does, with a payload on standard input."""
    raw = given if isinstance(given, bytes) else json.dumps(given).encode()
    done = subprocess.run(
        [*(program or command()), *options],
        input=raw,
        cwd=cwd,
        env={**os.environ, **(variables or {})},
        capture_output=True,
        timeout=60,
        check=False,
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


def command() -> list[str]:
    """What the settings of a harness start."""
    return [sys.executable, "-I", entry_script()]


def denied(done: Done) -> str:
    """The reason of a denial, after looking that it blocks in every harness."""
    assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
    assert done.stderr.strip()
    assert len(done.stderr.splitlines()) == 1
    if done.stdout:
        assert '"allow"' not in done.stdout
        assert "deny" in done.stdout
    return done.stderr.strip()
