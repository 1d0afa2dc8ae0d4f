"""`wilkc check --fix`: it mends what means the same, says so, and leaves everything else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wilkc.analyze.lint import Finding
from wilkc.compiler import fix, review
from wilkc.core.diagnostics import Diagnostic
from wilkc.core.errors import WilkError
from wilkc.core.spans import Span

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.cli.conftest import Ran

SPEC = """\
# who reviews
description: reviews
permissions: # all of it
  filesystem:
    # sources
    read:
      - './docs/*.md' # one
      - docs/*.md # two
      - './src/**/*.py'
    metadata: {blocked_paths: ['.env*', '.git', '.env*', '.git/']}
  shell:
    allowed_commands: [git status, git  status] # no more
    max_execution_time: 60
    max_memory_usage: 64MB
"""
MENDED = """\
# who reviews
description: reviews
agent: reviewer
permissions: # all of it
  filesystem:
    # sources
    read:
      - './docs/*.md' # one
      # two
      - './src/**/*.py'
    metadata: {blocked_paths: ['.env*', '.git']}
  shell:
    allowed_commands: [git status] # no more
    max_execution_time: 60
    max_memory_usage: 64MB
"""


def test_what_means_the_same_is_mended(wilkc: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "reviewer.yaml"
    path.write_text(SPEC)
    path.chmod(0o640)
    ran = wilkc("check", "--fix", path)
    assert path.read_text() == MENDED
    assert path.stat().st_mode & 0o777 == 0o640
    assert (ran.code, ran.out) == (0, "0 errors, 0 warnings in 1 file\n")
    notes = ran.err.splitlines()
    assert len(notes) == 5
    assert notes[0] == f"fixed {path}:3:1 [W213]: wrote `agent: reviewer`"
    assert notes[1] == f"fixed {path}:8:9 [W202]: took out `filesystem.read docs/*.md`"


def test_mending_twice_changes_nothing_more(wilkc: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "reviewer.yaml"
    path.write_text(SPEC)
    wilkc("check", "--fix", path)
    before = path.stat()
    assert wilkc("check", "--fix", path).err == ""
    after = path.stat()
    # Not the time of access, which reading may change.
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_nothing_is_mended_beside_errors(wilkc: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "reviewer.yaml").write_text(SPEC)
    (tmp_path / "b.yaml").write_text("permissions: {filesystm: {}}\n")
    ran = wilkc("check", "--fix", tmp_path)
    assert ran.code == 3
    assert "nothing is mended before the errors are" in ran.err
    assert (tmp_path / "reviewer.yaml").read_text() == SPEC


def test_ignored_and_recorded_findings_are_left(wilkc: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    text = (
        "agent: a\npermissions:\n  filesystem:\n    read:\n      - ./a.md\n"
        "      - ./a.md # wilk: ignore W202: twice is safer\n      - ./b.md\n      - ./b.md\n"
    )
    path.write_text(text)
    wilkc("check", "--write-baseline", tmp_path / "known.json", path)
    ran = wilkc("check", "--fix", "--baseline", tmp_path / "known.json", path)
    assert (ran.err, path.read_text()) == ("", text)
    ran = wilkc("check", "--fix", path)
    assert path.read_text() == text.replace("- ./b.md\n      - ./b.md", "- ./b.md")


def test_what_would_touch_more_is_left_and_said(wilkc: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    text = (
        "agent: a\npermissions:\n  filesystem:\n    read:\n      - ./a.md\n"
        "      - |-\n        ./a.md\n"
    )
    path.write_text(text)
    ran = wilkc("check", "--fix", path)
    assert "left" in ran.err
    assert "mend it by hand" in ran.err
    assert "W202" in ran.out
    assert path.read_text() == text


def test_a_link_stays_a_link(wilkc: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target = tmp_path / "real" / "target.yaml"
    target.write_text(SPEC)
    link = tmp_path / "reviewer.yaml"
    link.symlink_to(target)
    wilkc("check", "--fix", link)
    assert link.is_symlink()
    assert target.read_text() == MENDED


def test_a_base_is_mended_with_those_that_extend_it(
    wilkc: Callable[..., Ran], tmp_path: Path
) -> None:
    path = tmp_path / "specs.yaml"
    path.write_text(
        "agent: base\npermissions:\n  filesystem: {read: [./a.md, ./a.md]}\n---\n"
        "agent: b\nextends: [base]\npermissions:\n  filesystem: {read: [./b.md, ./b.md]}\n"
    )
    assert wilkc("check", "--fix", path).code == 0
    assert path.read_text() == (
        "agent: base\npermissions:\n  filesystem: {read: [./a.md]}\n---\n"
        "agent: b\nextends: [base]\npermissions:\n  filesystem: {read: [./b.md]}\n"
    )


def test_a_file_that_changes_meanwhile_is_not_overwritten(
    wilkc: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "reviewer.yaml"
    path.write_text(SPEC)
    read = Path.read_bytes

    def read_and_change(held: Path) -> bytes:
        data = read(held)
        if held.name == path.name:
            held.write_text(SPEC + "# by somebody else\n")
        return data

    monkeypatch.setattr(Path, "read_bytes", read_and_change)
    ran = wilkc("check", "--fix", path)
    assert ran.code == 2
    assert "changed while it was checked" in ran.err
    assert path.read_text() == SPEC + "# by somebody else\n"
    assert [one.name for one in tmp_path.iterdir()] == ["reviewer.yaml"]


@pytest.mark.parametrize("line", [5, 7])
def test_a_rule_that_counts_is_never_taken_out(line: int) -> None:
    text = (
        b"agent: a\npermissions:\n  filesystem:\n    read:\n      - ./a.md\n"
        b"    metadata:\n      blocked_paths: [./b.md]\n"
    )
    sources = {"a.yaml": text}
    column = 9 if line == 5 else 23
    place = Span("a.yaml", line, column, line, column + 6)
    # As if a check had been wrong: another place than that of the entry which goes.
    wrong = Diagnostic("W202", "warning", "m", place._replace(end_column=column + 7))
    with pytest.raises(WilkError, match="would not mean the same"):
        fix(sources, review(sources), [Finding(wrong, "x", removable=True)])


def test_an_agent_of_another_name_is_never_written() -> None:
    sources = {"a.yaml": b"permissions: {}\n"}
    (finding,) = review(sources).findings
    wrong = Finding(finding.diagnostic, "agent", line_above="agent: b")
    with pytest.raises(WilkError, match="would not mean the same"):
        fix(sources, review(sources), [wrong])
