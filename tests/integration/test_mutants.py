"""The table of deliberate faults fits the tree, and what runs it tells a kill from a survivor."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOL = ROOT / "tools" / "mutants.py"
FAULTS = tomllib.loads((ROOT / "tools" / "mutants.toml").read_text(encoding="utf-8"))["fault"]
LEAST = 30
LEAST_IN = {
    "patterns": 6, "buckets": 6, "layers": 6, "hosts": 6, "rego": 6, "rules": 3, "reference": 3,
    "inheritance": 3, "cache": 6, "layout": 4, "automata": 6, "reviews": 6, "lint": 5,
    "difference": 6, "conditions": 10, "limits": 10, "adapters": 6, "serving": 6, "guard": 10,
    "egress": 10, "mounts": 10, "record": 4, "resources": 10, "retention": 18, "reading": 10,
    "sandbox": 40, "alerts": 20, "sinks": 10, "evidence": 9, "keys": 15,
    "hooks": 10, "librechat": 8, "plugins": 7, "imports": 21,
    "identity": 12, "messages": 18, "learning": 15, "documents": 5, "arguments": 2, "settings": 6,
}  # fmt: skip
QUICK = "tests/unit/core/test_strict_json.py"
READER = "wilkc/core/strict_json.py"


def _mutants(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, TOOL, *map(str, arguments)], capture_output=True, text=True, check=False
    )


def _table(folder: Path, *faults: tuple[str, str, str]) -> Path:
    """Faults of one file, as name, old and new text."""
    table = folder / "table.toml"
    table.write_text(
        "".join(
            f"[[fault]]\nname = '{name}'\narea = 'x'\nfile = '{READER}'\nold = '{old}'\n"
            f"new = '{new}'\nopens = 'x'\ntests = ['{QUICK}']\n"
            for name, old, new in faults
        )
    )
    return table


def test_every_fault_can_be_planted_in_the_present_tree() -> None:
    done = _mutants("--list")
    assert done.returncode == 0, done.stdout
    assert len(done.stdout.splitlines()) == len(FAULTS)


def test_there_are_enough_faults_in_each_area() -> None:
    areas = Counter(fault["area"] for fault in FAULTS)
    assert len(FAULTS) >= LEAST
    assert set(areas) == set(LEAST_IN)
    assert [area for area, least in LEAST_IN.items() if areas[area] < least] == []
    assert len({fault["name"] for fault in FAULTS}) == len(FAULTS)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault["name"])
def test_a_fault_is_in_what_decides_and_is_left_to_tests(fault: dict[str, str]) -> None:
    assert fault["file"].startswith(("wilkc/", "policies/lib/", "templates/"))
    assert fault["opens"]
    assert all(test.startswith("tests/") for test in fault["tests"])


def test_a_fault_whose_text_is_gone_fails(tmp_path: Path) -> None:
    done = _mutants("--table", _table(tmp_path, ("gone", "no such text", "")))
    assert done.returncode == 1
    assert f"gone: its text occurs 0 times in {READER}" in done.stdout


def test_a_fault_that_no_test_finds_fails(tmp_path: Path) -> None:
    """So does one with which nothing runs, as then no test has judged it.

    What found the others is noted and run first; where it does not find it again, all tests are.
    """
    faults = (
        ("unseen", "Decoding JSON that was", "Reading JSON that was"),
        ("seen", "value = dict(pairs)", "return dict(pairs)"),
        ("unreadable", "from __future__", "from __past__"),
    )
    table = _table(tmp_path, *faults)
    done = _mutants("--table", table, "--note")
    found = {line.split()[1]: line.split()[3:] for line in done.stdout.splitlines()[1:-1]}
    assert done.returncode == 1, done.stdout + done.stderr
    assert found["unseen"] == ["SURVIVED"]
    assert found["seen"][0].startswith(f"{QUICK}::")
    assert found["unreadable"][:2] == ["NO", "VERDICT:"]
    assert "1 of 3 faults killed" in done.stdout

    finder = found["seen"][0]
    assert _noted(table) == {"seen": finder}
    other = "tests/unit/core/test_units.py"
    hints = {"again": finder, "gone": f"{QUICK}::test_gone", "elsewhere": other}
    table = _table(tmp_path, *((name, *faults[1][1:]) for name in hints))
    table.with_suffix(".json").write_text(json.dumps({**hints, "old": finder}))
    done = _mutants("--table", table, "--note")
    assert done.returncode == 0, done.stdout + done.stderr
    assert _noted(table) == dict.fromkeys(hints, finder)


def _noted(table: Path) -> dict[str, str]:
    noted: dict[str, str] = json.loads(table.with_suffix(".json").read_bytes())
    return noted


def test_notes_are_of_faults_that_there_are() -> None:
    notes = json.loads((ROOT / "tools" / "mutants.json").read_bytes())
    tests = {fault["name"]: fault["tests"] for fault in FAULTS}
    assert notes.keys() <= tests.keys()
    assert all(test.partition("::")[0] in tests[name] for name, test in notes.items())
