"""`wilkc serve` asks operators about each bundle: the first, and each that comes later."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.bundle import sign_bundle
from wilkc.cli import exits
from wilkc.cli.building import build_bundle
from wilkc.cli.guarding import OPERATORS
from wilkc.cli.operators import CREDENTIAL
from wilkc.identity import Identity, create_identity
from wilkc.runtime.audit import AuditSettings, Places, create_log, unverified_records

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.sidecar.conftest import Cli, Running, Signer

MAY = "agents: [{}]\npermissions:\n  system:\n    config: {{modify: [{}]}}\n"


class Site:
    """A service whose operators are named: `chief` may all, `porter` may serve alone."""

    def __init__(self, cli: Cli, opa: Path, folder: Path, keys: Path, signer: Signer) -> None:
        self.cli, self.folder, self.keys, self.signer, self.opa = cli, folder, keys, signer, opa
        specs = folder / "specs"
        specs.mkdir()
        (specs / "chief.yaml").write_text(MAY.format("chief", "'wilk.*'"))
        (specs / "porter.yaml").write_text(MAY.format("porter", "wilk.serve"))
        built = build_bundle([str(specs)]).bundle
        (folder / "operators.tar.gz").write_bytes(sign_bundle(built, signer.key, key_id="k"))
        places = Places(folder / "log", folder / "log.keys", folder / "log.keys.provider",
                        folder / "root.key")  # fmt: skip
        patient = AuditSettings(reserve_bytes=4096, wait_ms=10_000)
        create_log(places, "example.org/operators/test", patient)
        create_identity(folder / "who")
        self.identity = Identity(folder / "who")
        settings = {
            "bundle": str(folder / "operators.tar.gz"), "keys": [str(keys / "k.pub.pem")],
            "scope": "", "identity": str(folder / "who"), "audit": str(folder / "log"),
        }  # fmt: skip
        (folder / "operators.json").write_text(json.dumps(settings))
        (folder / "operators.json").chmod(0o600)

    def put(self, revision: str, sequence: int) -> None:
        data = self.signer.bundle(revision, "a", sequence=sequence)
        (self.folder / "new").write_bytes(data)
        (self.folder / "new").replace(self.folder / "bundle.tar.gz")

    def show(self, who: str) -> None:
        _, text = self.identity.api_keys.create(who, ["system:*"])
        draft = self.folder / "draft"
        draft.touch(mode=0o600)
        draft.write_text(text)
        draft.replace(self.folder / "credential")

    def start(self) -> Running:
        return self.cli.start(
            "serve", "--bundle", self.folder / "bundle.tar.gz", "--key", self.keys / "k.pub.pem",
            "--scope", "test", "--socket", self.folder / "run" / "opa.sock",
            WILK_OPA=str(self.opa), **{OPERATORS: str(self.folder / "operators.json"),
            CREDENTIAL: str(self.folder / "credential")},
        )  # fmt: skip

    def told(self) -> list[tuple[Any, Any, Any]]:
        return [
            (one["actor"]["id"], one["action"]["resource"], one["decision"]["allow"])
            for one in unverified_records(self.folder / "log")
            if one["action"]["type"] == "permission.check"
        ]


@pytest.fixture
def site(opa: Path, cli: Cli, folder: Path, keys: Path, signer: Signer) -> Site:
    """See `Site`."""
    return Site(cli, opa, folder, keys, signer)


def test_each_new_bundle_needs_an_operator_and_the_old_one_stays(site: Site) -> None:
    site.put("r1", 1)
    site.show("chief")
    running = site.start()
    assert "revision r1" in running.line_with("ready")
    site.show("porter")
    site.put("r2", 2)
    line = running.line_with("refused the new bundle")
    assert "`porter` may not wilk.serve.activate" in line
    assert "revision r1 stays" in line
    site.show("chief")
    site.put("r3", 3)
    assert "revision r3" in running.line_with("active")
    assert running.stop() == exits.OK
    assert site.told() == [
        ("chief", "system:wilk.serve", True),
        ("chief", "system:wilk.serve.activate", True),
        ("porter", "system:wilk.serve.activate", False),
        ("chief", "system:wilk.serve.activate", True),
    ]


def test_who_may_serve_alone_puts_not_even_the_first_in_force(site: Site) -> None:
    site.put("r1", 1)
    site.show("porter")
    running = site.start()
    running.line_with("`porter` may not wilk.serve.activate")
    assert running.process.wait(timeout=30) == exits.DENIED
