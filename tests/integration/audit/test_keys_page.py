"""The commands of `docs/keys.md` run in order, and exit as it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from wilkc.runtime.audit.minimise import PATTERNS
from wilkc.runtime.keys.wraps import Provider

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "keys.md").read_text(encoding="utf-8")
COMMANDS = [
    line
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    if not language
    for line in block.splitlines()
]


def test_the_commands_of_the_page_run(tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    (folder / "bin").mkdir(parents=True)
    wilkc = folder / "bin" / "wilkc"
    wilkc.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m wilkc.cli.main "$@"\n')
    wilkc.chmod(0o755)
    environment = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    assert len(COMMANDS) > 10
    for line in COMMANDS:
        command, _, code = line.partition("  # exits with ")
        done = subprocess.run(
            ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == int(code or 0), f"{command}: {done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr


def test_the_page_names_every_member_and_form() -> None:
    members = [name for name in vars(Provider) if not name.startswith("_")]
    assert {"names", "rotate", "destroy_old"} <= set(members)
    assert all(f"`{name}" in PAGE for name in members)
    assert len(PATTERNS) >= 20
