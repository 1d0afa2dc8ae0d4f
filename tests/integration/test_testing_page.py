"""The commands of `docs/testing-policies.md` run, in order, and print what it shows."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wilkc.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "testing-policies.md"
FENCED = re.compile(r"```([a-z]*)\n(.*?)```", re.DOTALL)
FINE = {0, 4}
"""Exit codes of commands that answered."""


def _blocks() -> Iterator[tuple[str, str]]:
    """Each block of commands with the block after it, if that shows what the last one prints."""
    blocks = FENCED.findall(PAGE.read_text(encoding="utf-8"))
    for place, (_, block) in enumerate(blocks):
        if block.startswith("wilkc "):
            language, after = blocks[place + 1] if place + 1 < len(blocks) else ("", "")
            yield block, "" if language or after.startswith("wilkc ") else after


def test_the_page_shows_what_the_commands_print(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "policies" / "examples", tmp_path / "policies" / "examples")
    monkeypatch.chdir(tmp_path)
    ran = 0
    for block, shown in _blocks():
        for line in block.splitlines():
            with pytest.raises(SystemExit) as left:
                main(shlex.split(line)[1:])
            printed = capsys.readouterr()
            assert left.value.code in FINE, f"{line}\n{printed.out}{printed.err}"
            ran += 1
        if shown:
            assert printed.out == shown
    assert ran > 1
