"""`wilkc keys`, `sign` and `verify`, as a person meets them."""

from __future__ import annotations

import gzip
import json
import stat
from typing import TYPE_CHECKING

import pytest

from tests.integration.sidecar.conftest import Signer
from wilkc.bundle import generate_key
from wilkc.bundle.archive import pack, unpack

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.sidecar.conftest import Cli


@pytest.fixture
def bundle(folder: Path, signer: Signer) -> Path:
    path = folder / "bundle.tar.gz"
    path.write_bytes(signer.bundle("r1", "a"))
    return path


def test_from_keys_to_a_verified_bundle(cli: Cli, folder: Path, bundle: Path) -> None:
    done = cli.run("keys", "generate", folder / "new", "--id", "release")
    private, public = folder / "new" / "release.pem", folder / "new" / "release.pub.pem"
    assert done.stdout == f"private  {private}\npublic   {public}\n"
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    signed = folder / "signed.tar.gz"
    done = cli.run("sign", bundle, "--key", private, "--scope", "prod", "-o", signed)
    assert (done.returncode, done.stdout) == (0, "")
    done = cli.run("verify", signed, "--key", public, "--scope", "prod")
    assert done.returncode == 0
    assert done.stdout == "verified  revision r1  no sequence  3 files  key release  scope prod\n"
    done = cli.run("verify", signed, "--key", public, "--scope", "prod", "-f", "json")
    assert json.loads(done.stdout) == {
        "revision": "r1",
        "files": [".manifest", "wilk/data.json", "wilk/decision.rego"],
        "key_id": "release",
        "scope": "prod",
        "sequence": 0,
    }


def test_signing_in_place_and_through_pipes(cli: Cli, keys: Path, bundle: Path) -> None:
    before = bundle.read_bytes()
    assert cli.run("sign", bundle, "--key", keys / "k.pem").returncode == 0
    assert bundle.read_bytes() != before
    done = cli.run("verify", bundle, "--key", keys / "k.pub.pem")
    assert done.stdout == "verified  revision r1  no sequence  3 files  key k  no scope\n"
    assert cli.run("sign", "-", "--key", keys / "k.pem", given="no bundle").returncode == 5


def test_the_releaser_numbers_bundles(cli: Cli, keys: Path, bundle: Path) -> None:
    key, public = keys / "k.pem", keys / "k.pub.pem"
    assert cli.run("sign", bundle, "--key", key, "--sequence", "7").returncode == 0
    done = cli.run("verify", bundle, "--key", public)
    assert done.stdout == "verified  revision r1  sequence 7  3 files  key k  no scope\n"
    assert cli.run("sign", bundle, "--key", key).returncode == 0
    shown = json.loads(cli.run("verify", bundle, "--key", public, "-f", "json").stdout)
    assert shown["sequence"] == 7
    for odd in ("0", "-1", "x", "9007199254740992"):
        done = cli.run("sign", bundle, "--key", key, "--sequence", odd)
        assert (done.returncode, done.stdout) == (2, "")
    whole = unpack(bundle.read_bytes())
    other = json.dumps(json.loads(whole[".manifest"]) | {"metadata": {"sequence": 8}})
    bundle.write_bytes(pack(whole | {".manifest": other.encode()}))
    _refused(cli, 5, "`.manifest` was changed", "verify", bundle, "--key", public)


def test_a_build_is_numbered_without_another_revision(cli: Cli, keys: Path, folder: Path) -> None:
    (folder / "a.yaml").write_text("agent: a\npermissions: {filesystem: {read: [./src/**]}}\n")
    numbered, plain = folder / "numbered.tar.gz", folder / "plain.tar.gz"
    build = ("build", folder / "a.yaml", "--prove", "none", "--sign", keys / "k.pem", "-q", "-o")
    assert cli.run(*build, numbered, "--sequence", "3").returncode == 0
    assert cli.run(*build, plain).returncode == 0
    shown = [
        json.loads(cli.run("verify", one, "--key", keys / "k.pub.pem", "-f", "json").stdout)
        for one in (numbered, plain)
    ]
    assert [one["sequence"] for one in shown] == [3, 0]
    assert len({one["revision"] for one in shown}) == 1
    assert cli.run(*build, plain, "--sequence", "0").returncode == 2


def test_while_keys_change_two_are_trusted(cli: Cli, folder: Path, keys: Path) -> None:
    cli.run("keys", "generate", keys, "--id", "new")
    old, new = folder / "old.tar.gz", folder / "new.tar.gz"
    unsigned = folder / "bundle.tar.gz"
    unsigned.write_bytes(Signer(generate_key()).bundle("r1", "a"))
    assert cli.run("sign", unsigned, "--key", keys / "k.pem", "-o", old).returncode == 0
    assert cli.run("sign", unsigned, "--key", keys / "new.pem", "-o", new).returncode == 0
    both = ("--key", keys / "k.pub.pem", "--key", keys / "new.pub.pem")
    assert "key k" in cli.run("verify", old, *both).stdout
    assert "key new" in cli.run("verify", new, *both).stdout
    _refused(cli, 5, "unknown key `k`; known: `new`", "verify", old, *both[2:])
    _refused(cli, 5, "unknown key `new`; known: `k`", "verify", new, *both[:2])
    _refused(cli, 2, "names one key", "verify", old, *both, "--key-id", "k")
    _refused(cli, 2, "two keys have the id `k`", "verify", old, *both[:2], *both[:2])
    crossed = ("sign", unsigned, "--key", keys / "new.pem", "--key-id", "k", "-o", new)
    assert cli.run(*crossed).returncode == 0
    _refused(cli, 5, "not made by key `k`", "verify", new, *both)


def _refused(cli: Cli, code: int, message: str, *arguments: str | Path) -> None:
    done = cli.run(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith("wilkc: ")
    assert message in done.stderr


def test_a_key_is_never_overwritten(cli: Cli, keys: Path) -> None:
    before = (keys / "k.pem").read_bytes()
    _refused(cli, 2, "is there already", "keys", "generate", keys, "--id", "k")
    _refused(cli, 2, "cannot be a key id", "keys", "generate", keys, "--id", "../k")
    assert (keys / "k.pem").read_bytes() == before


def test_signing_refuses_bad_keys_and_bundles(cli: Cli, keys: Path, bundle: Path) -> None:
    key = keys / "k.pem"
    before = bundle.read_bytes()
    _refused(cli, 2, "No such file", "sign", bundle, "--key", keys / "none.pem")
    _refused(cli, 5, "not a private key", "sign", bundle, "--key", keys / "k.pub.pem")
    _refused(cli, 2, "No such file", "sign", bundle.parent / "none", "--key", key)
    _refused(cli, 2, "is no file", "sign", bundle.parent, "--key", key)
    _refused(cli, 2, "cannot write", "sign", bundle, "--key", key, "-o", "/nowhere/x")
    _refused(cli, 2, "is a folder", "sign", bundle, "--key", key, "-o", bundle.parent)
    _refused(cli, 5, "no gzip file", "sign", key, "--key", key)
    key.chmod(0o644)
    _refused(cli, 5, "others may read", "sign", bundle, "--key", key)
    assert bundle.read_bytes() == before


def test_verifying_refuses_and_says_why(cli: Cli, keys: Path, bundle: Path, folder: Path) -> None:
    public = keys / "k.pub.pem"
    verify = ("verify", bundle, "--key", public, "--scope")
    assert cli.run(*verify, "test").returncode == 0
    _refused(cli, 5, "signed for scope `test`, not `prod`", *verify, "prod")
    _refused(cli, 5, "needs the public half", "verify", bundle, "--key", keys / "k.pem")
    _refused(cli, 5, "unknown key `k`", *verify, "test", "--key-id", "other")
    _refused(cli, 2, "cannot read the key", "verify", bundle, "--key", folder / "none")
    cli.run("keys", "generate", folder / "other", "--id", "k")
    other = folder / "other" / "k.pub.pem"
    _refused(cli, 5, "not made by key `k`", "verify", bundle, "--key", other, "--scope", "test")
    whole = unpack(bundle.read_bytes())
    spoilt = {
        "was changed after signing": whole | {"wilk/decision.rego": b"package wilk\n"},
        "is not covered by the signature": whole | {"wilk/x.rego": b"package wilk.x\n"},
        "was signed but is missing": {n: c for n, c in whole.items() if n != "wilk/data.json"},
        "is not signed": {n: c for n, c in whole.items() if n != ".signatures.json"},
    }
    for message, members in spoilt.items():
        bundle.write_bytes(pack(members))
        _refused(cli, 5, message, *verify, "test")
    for message, data in {
        "no gzip file": b"",
        "cut short": pack(whole)[:-20],
        "does not end": gzip.compress(b"x"),
    }.items():
        bundle.write_bytes(data)
        _refused(cli, 5, message, *verify, "test")
