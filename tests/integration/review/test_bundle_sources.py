"""OPA takes a bundle with its sources, verifies them with the rest, and loads nothing of them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wilkc.bundle import SOURCES, generate_key, read_bundle, sign_bundle, write_key_pair
from wilkc.bundle.archive import pack
from wilkc.cli.building import build_bundle

EXAMPLES = Path(__file__).parents[3] / "policies" / "examples"

if TYPE_CHECKING:
    from collections.abc import Mapping


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Path]:
    """A signed bundle of the examples, and the public key."""
    key = generate_key()
    _, public = write_key_pair(tmp_path_factory.mktemp("keys"), "k", key)
    return sign_bundle(build_bundle([str(EXAMPLES)]).bundle, key, key_id="k"), public


def _opa(opa: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([opa, *map(str, arguments)], capture_output=True, text=True, check=False)


def _written(folder: Path, data: bytes) -> Path:
    path = folder / "b.tar.gz"
    path.write_bytes(data)
    return path


def _verified(bundle: Path, public: Path) -> list[object]:
    key = ["--verification-key", public, "--verification-key-id", "k", "--signing-alg", "ES256"]
    return ["--bundle", bundle, *key]


def test_opa_checks_it_and_loads_no_sources(
    opa: Path, signed: tuple[bytes, Path], tmp_path: Path
) -> None:
    data, public = signed
    bundle = _written(tmp_path, data)
    assert _opa(opa, "check", "--strict", "--bundle", bundle).returncode == 0
    built = tmp_path / "built.tar.gz"
    done = _opa(opa, "build", *_verified(bundle, public), "--output", built)
    assert done.returncode == 0, done.stderr
    # Every source holds this key, and no compiled form does.
    query = '[p | walk(data.wilk, [p, v]); is_string(v); contains(v, "permissions:")]'
    done = _opa(opa, "eval", "--bundle", bundle, "-f", "raw", query)
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr
    assert b"permissions:" in read_bundle(data).files[SOURCES]


def test_unpacked_members_load_no_sources_either(
    opa: Path, signed: tuple[bytes, Path], tmp_path: Path
) -> None:
    members: Mapping[str, bytes] = read_bundle(signed[0]).files
    assert SOURCES in members
    for name, data in members.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    done = _opa(opa, "eval", "--data", tmp_path, "-f", "raw", "object.keys(data)")
    assert json.loads(done.stdout) == ["wilk"]


def test_opa_refuses_sources_that_were_changed(
    opa: Path, signed: tuple[bytes, Path], tmp_path: Path
) -> None:
    data, public = signed
    read = read_bundle(data)
    members = {**read.signed_members(), ".signatures.json": read.signatures or b""}
    members[SOURCES] += b"\n"
    bundle = _written(tmp_path, pack(members))
    done = _opa(opa, "build", *_verified(bundle, public), "--output", tmp_path / "built.tar.gz")
    assert done.returncode != 0
    assert SOURCES in done.stderr + done.stdout
