"""The benchmarks run and have the shape of the published table; no time is asserted."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def _rows(text: str) -> list[str]:
    return [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")]


def test_every_published_row_is_measured(opa: Path, bwrap: Path, redis_program: str) -> None:
    del opa, bwrap, redis_program
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "run.py", "--markdown", "--rounds", "1", "--small"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    published = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert _rows(done.stdout) == _rows(published)
    assert len(_rows(published)) > 10
    assert re.search(r"Python \d+\.\d+\.\d+, OPA \d+\.\d+\.\d+", published)
