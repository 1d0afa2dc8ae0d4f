"""The commands of `docs/operations.md` run, in order, and exit as it says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wilkc.opa.metrics import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
COMMANDS = [
    line
    for block in re.findall(r"^```\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]
# A status is asked again until it is the one that the page says: a service needs its moment to
# start or to see a file. What runs in the background is awaited when it is told to end.
PRELUDE = """
set -u -m
ends_with() {
    wanted=$1; shift
    for _ in $(seq 150); do
        "$@" > shown 2>&1; code=$?
        [ $code = $wanted ] && return 0
        [ "$2" = status ] || break
        sleep 0.2
    done
    echo "exited with $code instead of $wanted: $*"; cat shown; cat log; kill %1; exit 1
}
trap 'kill $(jobs -p) 2> /dev/null; wait' EXIT
"""


def _script() -> Iterator[str]:
    yield PRELUDE
    for line in COMMANDS:
        command, _, code = line.partition("  # exits with ")
        if command.endswith("&"):
            yield f"{command.removesuffix('&')} > log 2>&1 &"
        elif command.startswith("kill"):
            yield f"{command}; wait %1; [ $? = 0 ] || {{ cat log; exit 1; }}"
        else:
            yield f"ends_with {code or 0} {command}"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose path is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="wilk-test-") as name:
        yield Path(name)


def test_the_commands_of_the_page_run(opa: Path, folder: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl: the page asks for the metrics by it")
    # The smallest of the examples: each build on the page proves its bundle.
    (folder / "policies").mkdir()
    for name in ("reviewer.yaml", "security-policy.yaml"):
        shutil.copy(ROOT / "policies" / "examples" / name, folder / "policies")
    wilkc = folder / "bin" / "wilkc"
    wilkc.parent.mkdir()
    wilkc.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m wilkc.cli.main "$@"\n')
    wilkc.chmod(0o755)
    done = subprocess.run(
        ["bash", "-c", "\n".join(_script())],
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{wilkc.parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "WILK_OPA": str(opa),
        },
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(COMMANDS) > 25


def test_every_metric_is_on_the_page() -> None:
    source = (ROOT / "wilkc" / "opa" / "metrics.py").read_text(encoding="utf-8")
    names = {f"wilk_{name}" for name in re.findall(r'\("((?:bundle|source|opa)_[a-z_]+)"', source)}
    names |= set(re.findall(r'"(wilk_[a-z_]+)"', source))
    assert len(names) == 16
    assert {name for name in names if name not in PAGE} == set()
    assert all(outcome in PAGE for outcome in OUTCOMES.values())
