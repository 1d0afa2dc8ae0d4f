"""Paths and globs as arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wilkc.cli.sources import read_sources
from wilkc.core.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (
        "p/a.yaml",
        "p/b.yml",
        "p/README.md",
        "p/deep/c.yaml",
        "p/deep/f.jsonl",
        "x[1].yaml",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("p/*.yaml", ["p/a.yaml"]),
        ("p/?.y*ml", ["p/a.yaml", "p/b.yml"]),
        ("p/*", ["p/a.yaml", "p/b.yml", "p/deep/c.yaml", "p/deep/f.jsonl"]),
        ("p/**/*.yaml", ["p/a.yaml", "p/deep/c.yaml"]),
        ("p/de[e]p", ["p/deep/c.yaml", "p/deep/f.jsonl"]),
        # What is there is meant as it is written.
        ("x[1].yaml", ["x[1].yaml"]),
    ],
)
def test_a_glob_that_the_shell_left(given: str, found: list[str]) -> None:
    assert sorted(read_sources([given])) == found


def test_globs_and_paths_overlap_without_harm() -> None:
    assert sorted(read_sources(["p/*.yaml", "p/a.yaml", "./p/a.yaml"])) == ["p/a.yaml"]


@pytest.mark.parametrize("given", ["p/*.md", "q/*", "*.yam", "p/a.yam"])
def test_what_names_no_spec_is_refused(given: str) -> None:
    with pytest.raises(UsageError, match=r"matches|there is no file"):
        read_sources([given])
