"""The commands of `docs/alerts.md` and `docs/sinks.md` run, in order, and exit as they say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.unit.runtime.alerts.authority import Authority, Receiver
from tests.unit.runtime.audit.conftest import fill, make_log

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "policies" / "examples"


def _blocks(page: str, language: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [block for named, block in found if named == language]


def _run(page: str, folder: Path) -> list[str]:
    """What each command printed; every one must exit as the page says."""
    printed = []
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    for line in "".join(_blocks(page, "")).splitlines():
        command, _, code = line.partition("  # exits with ")
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=folder,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == int(code or 0), (command, done.stdout, done.stderr)
        printed.append(done.stdout + done.stderr)
    return printed


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder to be in."""
    with tempfile.TemporaryDirectory(prefix="wilk-") as folder:
        yield Path(folder)


def test_the_page_about_alerts(folder: Path) -> None:
    (folder / "policies").symlink_to(EXAMPLES)
    with Receiver(Authority(folder).context("127.0.0.1")) as receiver:
        (settings,) = _blocks("alerts.md", "toml")
        local = (
            f'https://127.0.0.1:{receiver.port}/wilk"\nca_file = "{folder}/ca.pem"\n'
            'private = ["127.0.0.0/8"]\nleast = "medium'
        )
        settings = settings.replace("https://hooks.example.org/wilk", local)
        (folder / "alerts.toml").write_text(settings)
        printed = _run("alerts.md", folder)
    told = [head["webhook-id"] for head, _ in receiver.got]
    assert len(told) == len(set(told)) == 2  # of high risk (A3), by an unknown agent (A7)
    assert any("acknowledged" in text for text in printed)
    assert "alert.acknowledged" in printed[-1]


def test_the_watcher_of_the_page_about_alerts_is_python_that_runs(folder: Path) -> None:
    (text,) = _blocks("alerts.md", "python")
    done = subprocess.run(
        [sys.executable, "-c", text], cwd=folder, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_page_about_sinks(folder: Path) -> None:
    log = make_log(folder / "made")
    with log.open() as logger:
        fill(logger)
        logger.roll()
        fill(logger)
    log.directory.rename(folder / "audit.log")
    (folder / "audit.vkey").write_text(log.root)
    (folder / "second").mkdir()
    printed = _run("sinks.md", folder)
    assert "1 shipped now" in printed[0]
    assert "verified there" in printed[1]
    assert printed[3].startswith("verified")
