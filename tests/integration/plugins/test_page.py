"""The commands of `docs/plugins.md` run, in order; its policy is valid."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from wilkc.cli.library import read_library
from wilkc.compiler import compile_sources

PAGE = (Path(__file__).parents[3] / "docs" / "plugins.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_commands_run(tmp_path: Path) -> None:
    (tmp_path / "greet").mkdir()
    (tmp_path / "greet" / "main.py").write_text("print(1)\n")
    (tmp_path / "revoked").write_text("# nothing\n")
    programs = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for block in blocks("console"):
        for line in block.splitlines():
            command = line.removeprefix("$ ")
            done = subprocess.run(
                ["/bin/sh", "-c", command], cwd=tmp_path, env={**os.environ, **programs},
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.returncode == 0, f"{command}\n{done.stderr}"
    assert done.stdout.startswith("greet 1.0  1 files  ")


def test_its_policy_is_valid() -> None:
    (spec,) = blocks("yaml")
    assert compile_sources({"assistant.yaml": spec.encode()}, read_library()).revision
