"""The targets of the Makefile: what `make help` lists, and what `make fuzz` runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PATTERNS = "tests/property/test_path_patterns.py"


def _make(*arguments: str) -> str:
    done = subprocess.run(
        ["make", "-C", ROOT, *arguments], capture_output=True, check=True, text=True
    )
    return done.stdout


def test_help_lists_every_target_and_what_it_does() -> None:
    listed = re.findall(r"^  (\w+) +(.+)$", _make("help"), re.MULTILINE)
    (phony,) = re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
    assert {name for name, _ in listed} == set(phony.split())
    assert dict(listed)["fuzz"] == (
        "the generated tests ten times over from a new seed, with the number of comparisons"
    )


def test_fuzz_runs_the_generated_tests_ten_times_over() -> None:
    (line,) = [line for line in _make("-n", "fuzz").splitlines() if "WILK_FUZZ" in line]
    assert line == (
        "WILK_FUZZ=10 WILK_SEED=${WILK_SEED:-new} .venv/bin/python -m pytest -q"
        " -n 4 --dist worksteal tests/property"
    )


def _comparisons(effort: int) -> int:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", PATTERNS, "-k", "allow"],
        capture_output=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "WILK_FUZZ": str(effort), "WILK_SEED": "1"},
        text=True,
    )
    assert done.returncode == 0, done.stdout
    (count,) = re.findall(r"^([0-9,]+) comparisons of generated cases$", done.stdout, re.MULTILINE)
    return int(count.replace(",", ""))


def test_more_effort_compares_more_and_says_how_much() -> None:
    once, twice = _comparisons(1), _comparisons(2)
    assert once > 10_000
    assert 1.8 < twice / once < 2.2
