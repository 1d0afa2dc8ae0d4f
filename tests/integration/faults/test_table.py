"""`docs/faults.md` names every test of a fault, and none that is not there."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).parents[3]
PAGE = TOP / "docs" / "faults.md"
PLACES = ("tests/integration/faults", "tests/integration/guard/test_records.py")
_ROW = re.compile(r"^\| .+ \| .+ \| `([^`]+)` \|$", re.MULTILINE)


def _collected() -> set[str]:
    """The tests there are, as the table calls them."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *PLACES],
        capture_output=True,
        check=True,
        cwd=TOP,
        text=True,
    )
    return {
        line.removeprefix("tests/integration/") for line in done.stdout.splitlines() if "::" in line
    }


def test_the_table_and_the_tests_agree() -> None:
    named, there = _ROW.findall(PAGE.read_text(encoding="utf-8")), _collected()
    assert len(named) == len(set(named))
    assert set(named) <= there
    own = {test for test in there if test.startswith("faults/") and "test_table" not in test}
    assert own == {test for test in named if test.startswith("faults/")}


def test_no_builtin_of_the_policy_reads_the_time() -> None:
    """As the page says of clocks that are set."""
    text = (TOP / "policies" / "capabilities.json").read_text(encoding="utf-8")
    builtins = json.loads(text)["builtins"]
    names = {one["name"] if isinstance(one, dict) else one for one in builtins}
    assert "regex.match" in names
    assert "time.now_ns" not in names
