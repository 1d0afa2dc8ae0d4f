"""The commands of `docs/importing.md` run, in order, and its table names the sources there are."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from wilkc.importers import SOURCES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "importing.md").read_text(encoding="utf-8")


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["/bin/sh", "-c", command], cwd=folder, env={**os.environ, "PATH": path},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_commands_run(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(ROOT / "tests" / "data" / "imports", tmp_path / "rules"))
    (block,) = re.findall(r"^```console\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    for line in block.splitlines():
        done = run(line.removeprefix("$ "), folder)
        assert done.returncode == 0, done.stderr
    assert {path.name for path in folder.glob("*.yaml")} == {
        "assistant.yaml", "commands.yaml", "program.yaml", "gemini.yaml", "sandbox.yaml",
        "openshell.yaml",
    }  # fmt: skip


def test_the_table_names_the_sources() -> None:
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE) == list(SOURCES)


def test_what_is_not_carried_over_is_told_and_nothing_is_written_of_a_bad_file(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.json").write_text('{"permissions": {"allow": ["Bash"], "deny": ["Read"]}}')
    done = run("wilkc import claude a.json", tmp_path)
    assert done.returncode == 0
    assert done.stderr.splitlines()[-1] == "2 rules are not carried over as they are"
    (tmp_path / "b.json").write_text("{")
    for command in (
        "wilkc import claude b.json -o x.yaml",
        "wilkc import claude a.json none.json -o x.yaml",
        "wilkc import claude a.json --agent 'a b' -o x.yaml",
        "wilkc import other a.json -o x.yaml",
    ):
        assert run(command, tmp_path).returncode == 2
    assert not (tmp_path / "x.yaml").exists()
