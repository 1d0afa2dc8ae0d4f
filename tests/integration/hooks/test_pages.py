"""The sessions of the pages about harnesses are what the real command does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.hook_cases import HARNESSES
from wilkc.adapters.hooks.harnesses import BY_NAME

if TYPE_CHECKING:
    from tests.integration.hooks.conftest import World

DOCS = Path(__file__).parents[3] / "docs"
PROJECT = "/home/dev/app"
"""What the pages call the workspace."""
HOME = "/home/dev"
"""What they call the folder that it lies in."""
FILE = re.compile(r"^`([a-z]+\.json)`:\n\n```json\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SESSION = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _run(line: str, folder: Path) -> str:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["/bin/bash", "-c", line],
        cwd=folder,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


@pytest.mark.parametrize("harness", HARNESSES)
def test_a_session_is_what_happens(
    world: World, harness: str, request: pytest.FixtureRequest
) -> None:
    page = DOCS / "hooks" / f"{harness}.md"
    text = page.read_text(encoding="utf-8")
    folder = world.folder
    files = FILE.findall(text)
    assert [name for name, _ in files] == ["allowed.json", "denied.json", "command.json"]
    for name, content in files:
        (folder / name).write_text(content.replace(PROJECT, str(world.workspace)))
    (session,) = SESSION.findall(text)
    lines = [line for line in session.splitlines() if line.startswith("$ ")]
    assert len(lines) == 3
    shown = "".join(f"{line}\n{_ended(_run(line[2:], folder))}" for line in lines)
    shown = shown.replace(str(world.workspace), PROJECT).replace(str(folder), HOME)
    if request.config.getoption("--update-golden"):
        page.write_text(text.replace(session, shown), encoding="utf-8")
    else:
        assert session == shown
    codes = [line for line in shown.splitlines() if line.startswith("exit ")]
    # Codex is told the line that confines the command; the others are made to run it.
    confined = "exit 2" if BY_NAME[harness].rewriting is None else "exit 0"
    assert codes == ["exit 0", "exit 2", confined]
    assert f"wilkc run coder --bundle {HOME}/bundle.tar.gz" in shown


def _ended(text: str) -> str:
    """Output that does not end its line, with the line ended for the next."""
    return re.sub(r"(\S)exit ([0-9]+)\n$", r"\1\nexit \2\n", text)


@pytest.mark.parametrize("harness", HARNESSES)
def test_a_page_names_where_the_hook_is_written(harness: str) -> None:
    text = (DOCS / "hooks" / f"{harness}.md").read_text(encoding="utf-8")
    settings = BY_NAME[harness].settings
    for word in (settings.project, f"~/{settings.user}", *settings.events, *settings.after):
        assert f"`{word}`" in text, word
    assert f"(hooks/{harness}.md)" in (DOCS / "hooks.md").read_text(encoding="utf-8")
