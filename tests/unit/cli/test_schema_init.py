"""`wilkc schema` and `wilkc init`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from wilkc.cli.commands import init as command
from wilkc.core.errors import UsageError
from wilkc.spec import SCHEMA_KINDS, json_schema

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.cli.conftest import Ran

FILES = ["agent.yaml", "security-policy.yaml", "wilk.schema.json"]


@pytest.mark.parametrize("kind", [None, *SCHEMA_KINDS])
def test_schema(wilkc: Callable[..., Ran], kind: str | None) -> None:
    ran = wilkc("schema", *(["--kind", kind] if kind else []))
    assert ran.code == 0
    assert json.loads(ran.out) == json_schema(kind)


def test_keys_come_in_the_order_of_the_layout(wilkc: Callable[..., Ran]) -> None:
    held = json.loads(wilkc("schema", "--kind", "agent-spec").out)["$defs"]["AgentSpec"]
    assert list(held["properties"])[:3] == ["wilk", "agent", "agents"]


def test_an_unknown_kind_is_refused(wilkc: Callable[..., Ran]) -> None:
    assert wilkc("schema", "--kind", "spec").code == 2


@pytest.mark.parametrize("folder", ["new", "a/b/c", "there"])
def test_init_makes_a_folder_that_passes(
    wilkc: Callable[..., Ran], tmp_path: Path, folder: str
) -> None:
    (tmp_path / "there").mkdir()
    root = tmp_path / folder
    ran = wilkc("init", root)
    assert ran.code == 0
    assert ran.out.splitlines() == [str(root / name) for name in FILES]
    assert sorted(path.name for path in root.iterdir()) == FILES
    assert wilkc("check", root).out == "0 errors, 0 warnings in 2 files\n"
    assert wilkc("fmt", "--check", root).code == 0
    assert json.loads((root / "wilk.schema.json").read_text()) == json_schema()
    for name in FILES[:2]:
        first = (root / name).read_text().splitlines()[0]
        assert first == "# yaml-language-server: $schema=wilk.schema.json"


def test_init_takes_the_default_place(
    wilkc: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert wilkc("init").code == 0
    assert wilkc("check").code == 0


@pytest.mark.parametrize("name", FILES)
def test_init_overwrites_nothing(wilkc: Callable[..., Ran], tmp_path: Path, name: str) -> None:
    (tmp_path / name).symlink_to("nowhere")
    ran = wilkc("init", tmp_path)
    assert ran.code == 2
    assert f"already there: `{tmp_path / name}`" in ran.err
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_init_into_a_file_is_refused(wilkc: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ran = wilkc("init", tmp_path / "file")
    assert ran.code == 2
    assert "cannot make the folder" in ran.err


def test_init_leaves_nothing_half_done(
    wilkc: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "schema_text", lambda: "x")
    writes = []

    def write(path: Path, data: bytes) -> None:
        writes.append(path)
        if len(writes) == 3:
            raise UsageError("no space")
        path.write_bytes(data)

    monkeypatch.setattr(command, "write_atomically", write)
    assert wilkc("init", tmp_path).code == 2
    assert list(tmp_path.iterdir()) == []
