"""The real OPA with a spec of every category, a workspace, and a real audit log."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.bundle import generate_key, sign_bundle, verify_bundle, write_bundle
from wilkc.cli.library import read_library
from wilkc.compiler import compile_sources
from wilkc.opa import Sidecar, SidecarSettings
from wilkc.runtime import Guard, SharedLog
from wilkc.runtime.audit import (
    AuditSettings,
    Places,
    Verification,
    create_log,
    unverified_records,
    verify,
)
from wilkc.runtime.limits import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.bundle import PublicKey, VerifiedBundle
    from wilkc.core.contract import Decision, Request

SPEC = Path(__file__).with_name("worker.yaml").read_bytes()
SMALL = AuditSettings(reserve_bytes=0, min_free_bytes=0, wait_ms=10_000)
PATIENT = 20.0
"""Seconds for a decision, on a machine that does other things too."""


@dataclass(frozen=True)
class Served:
    """A sidecar and what it serves."""

    sidecar: Sidecar
    bundle: VerifiedBundle
    key: PublicKey

    @property
    def socket(self) -> Path:
        return self.sidecar.socket


def compiled_bundle(**specs: bytes) -> tuple[VerifiedBundle, PublicKey]:
    """A signed bundle of specs by file stem."""
    compiled = compile_sources(
        {f"{name}.yaml": text for name, text in specs.items()}, read_library()
    )
    key = generate_key()
    signed = sign_bundle(write_bundle(compiled.files, compiled.manifest), key, key_id="k")
    return verify_bundle(signed, {"k": key.public()}), key.public()


@pytest.fixture(scope="module")
def served(opa: Path) -> Iterator[Served]:
    """A sidecar that serves the spec beside this file."""
    bundle, key = compiled_bundle(worker=SPEC)
    with Sidecar(bundle, {"k": key}, SidecarSettings(opa)) as sidecar:
        yield Served(sidecar, bundle, key)


@dataclass
class Notes:
    """Keeps what is recorded, in order; fails where it is told to."""

    failing: str = ""
    events: list[tuple[str, Any]] = field(default_factory=list)
    given: list[dict[str, Any]] = field(default_factory=list)

    def intent(self, request: Request, decision: Decision, **given: Any) -> Notes:
        if self.failing == "intent":
            raise OSError("no room")
        self.given.append({"request": request, **given})
        self.events.append(("intent", decision.detail))
        return self

    def outcome(self, status: str, **given: Any) -> None:
        if self.failing == "outcome":
            raise OSError("no room")
        self.events.append((status, given.get("error")))

    def usage(self, sample: Any) -> None:
        self.given.append({"usage": sample})


@pytest.fixture
def notes() -> Notes:
    """See `Notes`."""
    return Notes()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace with a few files, beside a place that is outside of it."""
    root = tmp_path / "work"
    for name in ("src/app.ts", "src/secrets/token", "reports/old.md", "bin/run.sh"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("text\n")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "file.ts").write_text("text\n")
    return root


@pytest.fixture
def guard(served: Served, workspace: Path, notes: Notes) -> Iterator[Guard]:
    """A guard of the agent `worker` that notes what it records."""
    made = Guard(
        served.socket,
        notes,
        agent="worker",
        workspace=workspace,
        rates=MemoryStore(),
        seconds=PATIENT,
    )
    yield made
    made.close()


@dataclass(frozen=True)
class Log:
    """A real audit log."""

    places: Places
    root: str

    def recorder(self, settings: AuditSettings = SMALL) -> SharedLog:
        places = self.places
        return SharedLog(places.directory, places.keys, places.provider, settings)

    def records(self) -> list[dict[str, Any]]:
        return [
            one for one in unverified_records(self.places.directory) if one["phase"] != "system"
        ]

    def verify(self) -> Verification:
        text = (self.places.directory / "checkpoint").read_text(encoding="utf-8")
        return verify(self.places.directory, self.root, {"the newest": text})


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """See `Log`."""
    names = ("log", "keys", "provider", "root")
    places = Places(*(tmp_path / "audit" / name for name in names))
    (tmp_path / "audit").mkdir()
    return Log(places, create_log(places, "example.org/guard/test", SMALL))


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder whose path is short enough for a socket, with mode 0700."""
    with tempfile.TemporaryDirectory(prefix="wilk-test-") as name:
        yield Path(name)
