"""`wilkc fmt`: what it writes, names and refuses, and how it exits."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

import pytest

from wilkc.cli.commands import fmt as command
from wilkc.format import formatting

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.cli.conftest import Ran

UNTIDY = "permissions: {filesystem: {read: [src/]}} # all of it\nagent: a"
TIDY = "agent: a\npermissions: {filesystem: {read: ['./src/**']}} # all of it\n"
WRONG = "permissions: {filesystem: {raed: []}}\n"


def _specs(folder: Path, **texts: str) -> dict[str, Path]:
    found = {}
    for name, text in texts.items():
        found[name] = folder / f"{name}.yaml"
        found[name].write_bytes(text.encode())
    return found


def test_files_are_rewritten_once(wilkc: Callable[..., Ran], tmp_path: Path) -> None:
    path = _specs(tmp_path, a=UNTIDY, b=TIDY.replace("agent: a", "agent: b"))["a"]
    ran = wilkc("fmt", tmp_path)
    assert (ran.code, ran.out, ran.err) == (0, f"{path}\n", "1 of 2 files changed\n")
    assert path.read_text() == TIDY
    ran = wilkc("fmt", tmp_path)
    assert (ran.code, ran.out, ran.err) == (0, "", "0 of 2 files changed\n")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.yaml", "b.yaml"]


def test_check_names_files_and_writes_nothing(wilkc: Callable[..., Ran], tmp_path: Path) -> None:
    path = _specs(tmp_path, a=UNTIDY)["a"]
    ran = wilkc("fmt", "--check", tmp_path)
    assert (ran.code, ran.out, ran.err) == (6, f"{path}\n", "1 of 1 file would change\n")
    assert path.read_text() == UNTIDY
    path.write_text(TIDY)
    ran = wilkc("fmt", "--check", "--quiet", tmp_path)
    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_diff_shows_the_changes(wilkc: Callable[..., Ran], tmp_path: Path) -> None:
    path = _specs(tmp_path, a=UNTIDY)["a"]
    ran = wilkc("fmt", "--diff", path)
    assert ran.code == 6
    assert ran.out.splitlines()[:2] == [f"--- {path}", f"+++ {path} (canonical)"]
    assert "-agent: a\n\\ No newline at end of file\n" in ran.out
    assert "+permissions: {filesystem: {read: ['./src/**']}} # all of it\n" in ran.out
    assert path.read_text() == UNTIDY


def test_standard_input(wilkc: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    def given(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    given(UNTIDY)
    ran = wilkc("fmt", "-")
    assert (ran.code, ran.out) == (0, TIDY)
    given(UNTIDY)
    assert wilkc("fmt", "-", "--check").code == 6
    given(TIDY)
    assert wilkc("fmt", "-", "--check").code == 0
    given(WRONG)
    ran = wilkc("fmt", "-")
    assert (ran.code, ran.out) == (3, "")
    assert "W108" in ran.err
    assert wilkc("fmt", "-", "policies").code == 2


def test_a_file_with_errors_is_left_and_the_others_are_not(
    wilkc: Callable[..., Ran], tmp_path: Path
) -> None:
    paths = _specs(tmp_path, a=UNTIDY, wrong=WRONG)
    ran = wilkc("fmt", tmp_path)
    assert ran.code == 3
    assert "did you mean `read`?" in ran.err
    assert paths["wrong"].read_text() == WRONG
    assert paths["a"].read_text() == TIDY


def test_a_spec_that_extends_one_elsewhere_is_formatted(
    wilkc: Callable[..., Ran], tmp_path: Path
) -> None:
    path = _specs(tmp_path, a="permissions: {}\nextends: [elsewhere]\n")["a"]
    assert wilkc("fmt", path).code == 0
    assert path.read_text() == "extends: [elsewhere]\npermissions: {}\n"


def test_mode_and_links_are_kept(wilkc: Callable[..., Ran], tmp_path: Path) -> None:
    path = _specs(tmp_path, a=UNTIDY)["a"]
    path.chmod(0o640)
    link = tmp_path / "link.yml"
    link.symlink_to(path)
    assert wilkc("fmt", link).code == 0
    assert link.is_symlink()
    assert path.read_text() == TIDY
    assert path.stat().st_mode & 0o777 == 0o640


def test_fleets_are_left_alone(wilkc: Callable[..., Ran], tmp_path: Path) -> None:
    _specs(tmp_path, a=UNTIDY)
    fleet = tmp_path / "fleet.jsonl"
    fleet.write_text('{"spec":  "a", "agent": "b"}\n')
    assert wilkc("fmt", tmp_path).code == 0
    assert fleet.read_text() == '{"spec":  "a", "agent": "b"}\n'


def test_a_directive_is_refused(wilkc: Callable[..., Ran], tmp_path: Path) -> None:
    text = f"%YAML 1.2\n---\n{UNTIDY}"
    path = _specs(tmp_path, a=text)["a"]
    ran = wilkc("fmt", path)
    assert ran.code == 1
    assert "directive" in ran.err
    assert path.read_text() == text


@pytest.mark.parametrize("fault", ["one file", "all together"])
def test_nothing_is_written_that_would_mean_something_else(
    wilkc: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    path = _specs(tmp_path, a=UNTIDY)["a"]
    if fault == "one file":
        monkeypatch.setattr(formatting, "write_layout", lambda _: "permissions: {}\n")
    else:
        monkeypatch.setattr(command, "format_spec", lambda *_: b"agent: a\npermissions: {}\n")
    ran = wilkc("fmt", path)
    assert ran.code == 1
    assert "would not mean the same" in ran.err
    assert path.read_text() == UNTIDY


def test_a_folder_that_cannot_be_written(
    wilkc: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _specs(tmp_path, a=UNTIDY)["a"]

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "fsync", refuse)
    ran = wilkc("fmt", path)
    assert ran.code == 2
    assert "cannot write" in ran.err
    assert [one.name for one in tmp_path.iterdir()] == ["a.yaml"]
    assert path.read_text() == UNTIDY
