"""`wilkc plugin key|sign|verify` as a person meets them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.commands import run_wilkc

if TYPE_CHECKING:
    from pathlib import Path


def wilkc(*arguments: object, code: int = 0) -> str:
    done = run_wilkc(*arguments)
    assert done.returncode == code, done.stderr
    return done.stdout.strip() if code == 0 else done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "greet"
    made.mkdir()
    (made / "main.py").write_text("print(1)\n")
    return made


def test_from_a_key_to_a_verified_plugin(folder: Path, tmp_path: Path) -> None:
    key = tmp_path / "plugins.key"
    public = wilkc("plugin", "key", key, "--name", "example.org/plugins")
    named = ("--name", "greet", "--version", "1.0", "--entry", "main.py")
    digest = wilkc("plugin", "sign", folder, "--key", key, *named)
    found = wilkc("plugin", "verify", folder, "--key", public, "--name", "greet")
    assert found == f"greet 1.0  1 files  {digest}"
    revoked = tmp_path / "revoked"
    revoked.write_text(digest)
    said = wilkc("plugin", "verify", folder, "--key", public, "--revoked", revoked, code=5)
    assert "is revoked" in said
    (folder / "main.py").write_text("print(2)\n")
    assert "not the one that was signed" in wilkc(
        "plugin", "verify", folder, "--key", public, code=5
    )


def test_what_is_refused(folder: Path, tmp_path: Path) -> None:
    key = tmp_path / "plugins.key"
    public = wilkc("plugin", "key", key, "--name", "example.org/plugins")
    before = key.read_text()
    wilkc("plugin", "key", key, "--name", "example.org/plugins", code=2)
    wilkc("plugin", "key", tmp_path / "other", "--name", "a+b", code=2)
    assert key.read_text() == before
    assert not (tmp_path / "other").exists()
    other = wilkc("plugin", "key", tmp_path / "other", "--name", "example.org/plugins")
    named = ("--name", "greet", "--version", "1.0", "--entry", "main.py")
    wilkc("plugin", "sign", folder, "--key", key, *named[:-1], "none.py", code=2)
    wilkc("plugin", "sign", folder, "--key", key, *named)
    assert "not trusted" in wilkc("plugin", "verify", folder, "--key", other, code=5)
    (tmp_path / "empty").mkdir()
    assert "not signed" in wilkc("plugin", "verify", tmp_path / "empty", "--key", public, code=5)
    key.chmod(0o644)
    assert "chmod 600" in wilkc("plugin", "sign", folder, "--key", key, *named, code=5)
