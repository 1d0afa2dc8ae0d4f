"""Operators: decided by a signed policy through OPA, and refused on everything that goes wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.commands import PATIENT, run_wilkc
from wilkc.bundle import generate_key, read_bundle, sign_bundle, write_key_pair
from wilkc.cli import exits
from wilkc.cli.building import build_bundle
from wilkc.cli.guarding import OPERATORS
from wilkc.cli.library import CAPABILITIES
from wilkc.cli.operators import CREDENTIAL, require_operator
from wilkc.cli.privileges import ACTIVATE, PRIVILEGED
from wilkc.core.contract import Request
from wilkc.core.errors import (
    RequestError,
    UnavailableError,
    UsageError,
    VerificationError,
    WilkError,
)
from wilkc.identity import Identity, create_identity
from wilkc.opa.evaluating import open_evaluator
from wilkc.opa.obtain import find_opa

if TYPE_CHECKING:
    from pathlib import Path

SPEC = """
agents: [anna]
permissions:
  system:
    config: {modify: [wilk.grant, 'wilk.keys.*'], read: [wilk.audit.query]}
"""
OTHER = "agents: [ben]\npermissions:\n  system:\n    config: {read: [wilk.audit.query]}\n"
OPERATIONS = {one.operation: one for needs in PRIVILEGED.values() for one in needs}
OPERATIONS[ACTIVATE.operation] = ACTIVATE


def _chief() -> str:
    """A policy that lets one operator do everything, operation by operation."""
    lists = {"config.modify": list[str](), "config.read": list[str]()}
    for one in OPERATIONS.values():
        lists[one.action].append(one.operation)
    modify, read = (", ".join(names) for names in lists.values())
    permissions = f"config: {{modify: [{modify}], read: [{read}]}}"
    return f"agents: [chief]\npermissions:\n  system:\n    {permissions}\n"


@dataclass
class Host:
    """A host whose operators are named."""

    folder: Path
    identity: Identity

    @property
    def place(self) -> Path:
        return self.folder / "operators.json"

    def show(self, monkeypatch: pytest.MonkeyPatch, who: str, scope: str = "system:*") -> None:
        _, text = self.identity.api_keys.create(who, [scope])
        file = self.folder / f"{who}.key"
        file.write_text(f"{text}\n")
        file.chmod(0o600)
        monkeypatch.setenv(CREDENTIAL, str(file))

    def told(self) -> list[tuple[Any, Any, Any]]:
        """Who was let do what, or not."""
        return [
            (one["actor"]["id"], one["action"]["resource"], one["decision"]["allow"])
            for one in map(json.loads, self.records().splitlines())
            if one["action"]["type"] == "permission.check"
        ]

    def records(self) -> str:
        done = run_wilkc("audit", "query", "--exhaustive", "-f", "json", self.folder / "audit")
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def made(opa: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    del opa
    folder = tmp_path_factory.mktemp("operators")
    (folder / "anna.yaml").write_text(SPEC)
    (folder / "ben.yaml").write_text(OTHER)
    (folder / "chief.yaml").write_text(_chief())
    key = generate_key()
    write_key_pair(folder, "release", key)
    built = build_bundle([str(folder)]).bundle
    (folder / "operators.tar.gz").write_bytes(sign_bundle(built, key, key_id="release"))
    subprocess.run(
        [sys.executable, "-m", "wilkc.cli.main", "audit", "init", "audit", "--origin",
         "example.org/log", "--root-key", "root.key", "--reserve", "1MiB",
         "--policies", str(PATIENT)],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    create_identity(folder / "who")
    return folder


@pytest.fixture
def host(made: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    settings = {
        "bundle": str(made / "operators.tar.gz"), "keys": [str(made / "release.pub.pem")],
        "scope": "", "identity": str(made / "who"), "audit": str(made / "audit"),
    }  # fmt: skip
    found = Host(made, Identity(made / "who"))
    found.place.write_text(json.dumps(settings))
    found.place.chmod(0o600)
    monkeypatch.setenv(OPERATORS, str(found.place))
    monkeypatch.delenv(CREDENTIAL, raising=False)
    return found


def _may(operation: str) -> None:
    require_operator(OPERATIONS[operation])


def _refused(operation: str, kind: type[WilkError]) -> str:
    with pytest.raises(kind) as raised:
        _may(operation)
    return raised.value.message


def test_who_may_does_and_who_may_not_does_not(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host.show(monkeypatch, "anna")
    _may("wilk.grant")
    _may("wilk.keys.rotate")
    _may("wilk.audit.query")
    assert "may not wilk.audit.shred" in _refused("wilk.audit.shred", RequestError)
    _refused("wilk.serve", RequestError)
    host.show(monkeypatch, "ben")
    _may("wilk.audit.query")
    _refused("wilk.grant", RequestError)
    host.show(monkeypatch, "carl")
    _refused("wilk.grant", RequestError)
    told = host.told()
    assert ("anna", "system:wilk.grant", True) in told
    assert ("anna", "system:wilk.audit.shred", False) in told
    assert ("carl", "system:wilk.grant", False) in told


def test_every_operation_is_what_the_policy_says(host: Host) -> None:
    archive = (host.folder / "operators.tar.gz").read_bytes()
    files = read_bundle(archive).files
    asked = [
        Request(who, one.action, "system", one.operation)
        for who in ("chief", "nobody")
        for one in OPERATIONS.values()
    ]
    with open_evaluator(find_opa().path, files, CAPABILITIES) as evaluator:
        answers = [answer["decision"] for answer in evaluator.answers(asked)]
    assert answers == [True] * len(OPERATIONS) + [False] * len(OPERATIONS)


def test_a_credential_is_for_what_its_scope_says(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.show(monkeypatch, "anna", "system:config.read")
    _may("wilk.audit.query")
    _refused("wilk.grant", RequestError)


def test_without_a_credential_that_is_accepted_nothing_is_done(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "needs a credential" in _refused("wilk.grant", UsageError)
    assert "credential_missing" in host.records()
    host.show(monkeypatch, "anna")
    file = host.folder / "anna.key"
    file.chmod(0o644)
    _refused("wilk.grant", VerificationError)
    file.chmod(0o600)
    text = file.read_text()
    file.write_text("wk_0123456789abcdef_" + "A" * 43)
    assert "credential_unknown" in _refused("wilk.grant", VerificationError)
    assert "auth.failure" in host.records()
    file.write_text(text)
    _may("wilk.grant")
    host.identity.revocations.revoke("principal", "anna")
    try:
        assert "credential_revoked" in _refused("wilk.grant", VerificationError)
    finally:
        host.identity.revocations.restore("principal", "anna")


@pytest.mark.parametrize(
    ("damage", "code"),
    [({"bundle": "missing.tar.gz"}, exits.UNAVAILABLE), ({"keys": []}, exits.UNVERIFIED),
     ({"scope": "prod"}, exits.UNVERIFIED), ({"identity": "missing"}, exits.UNAVAILABLE),
     ({"audit": "missing"}, exits.UNAVAILABLE), ({"odd": 1}, exits.UNAVAILABLE)],
    ids=str,
)  # fmt: skip
def test_everything_that_goes_wrong_is_a_refusal(
    host: Host, monkeypatch: pytest.MonkeyPatch, damage: dict[str, object], code: int
) -> None:
    host.show(monkeypatch, "anna")
    host.place.write_text(json.dumps({**json.loads(host.place.read_text()), **damage}))
    with pytest.raises(WilkError) as raised:
        _may("wilk.grant")
    assert exits.exit_code(raised.value) == code, raised.value.message
    if "bundle" in damage:
        assert "operators_undecided" in host.records()


def test_a_policy_by_another_signer_is_refused(
    host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    host.show(monkeypatch, "anna")
    write_key_pair(tmp_path, "release", generate_key())
    settings = json.loads(host.place.read_text())
    settings["keys"] = [str(tmp_path / "release.pub.pem")]
    host.place.write_text(json.dumps(settings))
    _refused("wilk.grant", VerificationError)


def test_a_file_that_others_may_write_or_that_is_gone_is_a_refusal(host: Host) -> None:
    host.place.chmod(0o666)
    assert "others may write" in _refused("wilk.grant", VerificationError)
    host.place.unlink()
    _refused("wilk.grant", UnavailableError)


def test_where_nobody_is_named_nothing_is_asked(
    host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(OPERATORS)
    _may("wilk.grant")
    # A host's own file comes before what a user says.
    monkeypatch.setattr("wilkc.cli.guarding.SYSTEM_PLACE", host.place)
    _refused("wilk.grant", UsageError)
    monkeypatch.setenv(OPERATORS, str(tmp_path / "none.json"))
    assert "needs a credential" in _refused("wilk.grant", UsageError)


@pytest.mark.parametrize(
    "command",
    [
        ["grant", "anna", "file:./x read", "--ttl", "1h", "--reason", "x", "--bundle", "b.tar.gz",
         "--sign", "release.pem", "--socket", "s/opa.sock", "--audit", "audit", "--yes"],
        ["keys", "rotate", "audit"],
        ["identity", "revoke", "who", "agent", "x", "--audit", "audit"],
        ["audit", "export", "audit", "-f", "csv"],
        ["audit", "shred", "audit", "--subject", "x", "--reason", "x"],
        ["audit", "query", "audit", "--subject", "s_x"],
        ["audit", "query", "audit", "--open", "--by", "anna", "--reason", "x", "-f", "json"],
        ["serve", "--bundle", "operators.tar.gz", "--key", "release.pub.pem",
         "--socket", "s/o.sock"],
    ],
    ids=lambda words: "-".join(words[:2]),
)  # fmt: skip
def test_each_command_asks_before_it_does_anything(host: Host, command: list[str]) -> None:
    done = run_wilkc(*command, cwd=host.folder)
    assert done.returncode == 2, done.stderr
    assert "operators are named here" in done.stderr
    assert done.stdout == ""
