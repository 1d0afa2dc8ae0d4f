"""The digest of what compiles: everything that a compiled spec rests on changes it."""

from __future__ import annotations

import shutil
from importlib import metadata
from pathlib import Path

import pytest

from wilkc.cli import toolchain
from wilkc.cli.toolchain import toolchain_digest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the compiler that may be changed."""
    for folder in ("wilkc", "templates"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    monkeypatch.setattr(toolchain, "_PACKAGE", tmp_path / "wilkc")
    monkeypatch.setattr(toolchain, "_TEMPLATES", tmp_path / "templates")
    return tmp_path


def test_it_is_the_same_wherever_the_compiler_stands(installation: Path) -> None:
    copied = toolchain_digest()
    (installation / "wilkc" / "emit" / "__pycache__").mkdir()
    (installation / "wilkc" / "emit" / "__pycache__" / "x.pyc").write_bytes(b"x")
    assert toolchain_digest() == copied
    assert len(copied) == 64


@pytest.mark.parametrize(
    "name",
    [
        "templates/category.rego.j2", "wilkc/language/commands/tables.json",
        "wilkc/language/commands/layers.py", "wilkc/emit/unicode.json", "wilkc/emit/shell.py",
        "wilkc/emit/rules/files.py", "wilkc/plan/lower/categories.py", "wilkc/core/canonical.py",
        "wilkc/syntax/reader.py", "wilkc/spec/models/agent.py", "wilkc/render/literals.py",
        "wilkc/analyze/spec_tests.py", "wilkc/compiler/entries.py",
    ],
)  # fmt: skip
def test_a_changed_file_changes_it(installation: Path, name: str) -> None:
    before = toolchain_digest()
    path = installation / name
    path.write_bytes(path.read_bytes() + b"\n")
    assert toolchain_digest() != before


def test_a_moved_file_changes_it(installation: Path) -> None:
    before = toolchain_digest()
    (installation / "wilkc" / "emit" / "names.py").rename(installation / "wilkc" / "emit" / "n.py")
    assert toolchain_digest() != before


@pytest.mark.parametrize(
    "name", ["idna", "jinja2", "markupsafe", "pydantic", "pydantic-core", "pyyaml"]
)
def test_another_version_of_a_library_changes_it(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    before = toolchain_digest()
    real = metadata.version
    monkeypatch.setattr(
        "wilkc.cli.toolchain.metadata.version", lambda of: "0" if of == name else real(of)
    )
    assert toolchain_digest() != before


@pytest.mark.parametrize("name", ["wilkc.syntax.PARSER", "wilkc.cli.toolchain.__version__"])
def test_another_parser_or_version_changes_it(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    before = toolchain_digest()
    monkeypatch.setattr(name, "another")
    assert toolchain_digest() != before


def test_every_room_that_the_compiler_imports_is_part_of_it() -> None:
    rooms = {path.name for path in (ROOT / "wilkc").iterdir() if path.is_dir()}
    outside = {"adapters", "bundle", "cli", "format", "identity", "importers", "opa", "runtime"}
    assert rooms - outside - {"__pycache__"} == set(toolchain._ROOMS)
