"""`wilkc build --attest` and `wilkc verify --attestation`, on a build with a real proof."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.commands import run_wilkc
from wilkc.cli.attesting import ROOT, compiler_digest

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

SPEC = "agent: a\npermissions: {filesystem: {read: ['./src/**'], write: ['./out/*.md']}}\n"


def _wilkc(*arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = run_wilkc(*arguments)
    assert done.returncode == code, done.stderr
    return done


@pytest.fixture
def built(opa: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a spec, a key, a signed bundle, and the statement on it."""
    monkeypatch.setenv("WILK_OPA", str(opa))
    (tmp_path / "a.yaml").write_text(SPEC)
    _wilkc("keys", "generate", tmp_path, "--id", "k")
    options = ("--sign", tmp_path / "k.pem", "--scope", "prod", "--sequence", "3")
    build = ("build", tmp_path / "a.yaml", "-o", tmp_path / "b.tar.gz", *options)
    _wilkc(*build, "--attest", tmp_path / "b.intoto.json")
    return tmp_path


def test_a_build_is_attested_and_verified(built: Path) -> None:
    verify = ("verify", built / "b.tar.gz", "--key", built / "k.pub.pem", "--scope", "prod")
    stated = ("--attestation", built / "b.intoto.json")
    lines = _wilkc(*verify, *stated).stdout.splitlines()
    assert lines[0].startswith("verified  revision ")
    assert lines[1].startswith("attested  1 sources  compiler ")
    shown = json.loads(_wilkc(*verify, *stated, "-f", "json").stdout)
    assert shown["sequence"] == 3
    assert shown["attestation"]["compiler_digest"] == compiler_digest()
    assert shown["attestation"]["proof_level"] == "full"
    assert shown["attestation"]["proof_count"] > 10
    proof = f"proved {shown['attestation']['proof_count']:,} requests (full)  key k"
    assert lines[1].endswith(proof)

    (built / "b.intoto.json").write_text("{}")
    done = _wilkc(*verify, *stated, code=5)
    assert done.stdout == ""
    done = _wilkc(*verify, "--attestation", built / "none", code=2)
    assert "cannot read the attestation" in done.stderr


def test_a_bundle_signed_again_is_another_one(built: Path) -> None:
    sign = ("sign", built / "b.tar.gz", "--key", built / "k.pem", "--scope", "prod")
    _wilkc(*sign, "--sequence", "4")
    verify = ("verify", built / "b.tar.gz", "--key", built / "k.pub.pem", "--scope", "prod")
    assert "sequence 4" in _wilkc(*verify).stdout
    done = _wilkc(*verify, "--attestation", built / "b.intoto.json", code=5)
    assert "is of another bundle" in done.stderr


def test_a_statement_needs_a_key(built: Path) -> None:
    build = ("build", built / "a.yaml", "-o", built / "c.tar.gz", "--attest", built / "c.json")
    assert "needs a key" in _wilkc(*build, code=2).stderr
    assert not (built / "c.tar.gz").exists()


def test_the_compilers_digest_follows_its_files_and_not_its_place(tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("wilkc", "policies", "templates"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    assert compiler_digest(tmp_path) == compiler_digest()
    (tmp_path / "wilkc" / "x.pyc").write_bytes(b"")
    assert compiler_digest(tmp_path) == compiler_digest()
    with (tmp_path / "policies" / "lib" / "wilk" / "decision.rego").open("a") as file:
        file.write("\n")
    assert compiler_digest(tmp_path) != compiler_digest()
