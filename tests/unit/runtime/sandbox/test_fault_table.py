"""`docs/sandbox-faults.md` names every test of a fault, and none that is not there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

TOP = Path(__file__).parents[4]
PAGE = TOP / "docs" / "sandbox-faults.md"
PLACES = {
    "sandbox": TOP / "tests" / "unit" / "runtime" / "sandbox",
    "run": TOP / "tests" / "integration" / "run",
}
OWN = "test_faults.py"
"""Files of which every test is a fault."""
_ROW = re.compile(r"^\| .+ \| .+ \| `([a-z]+)/([a-z_.]+)::([a-z0-9_]+)` \|$", re.MULTILINE)


def _tests(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    return {name for name in found if name.startswith("test_")}


def test_the_table_and_the_tests_agree() -> None:
    text = PAGE.read_text(encoding="utf-8")
    rows = _ROW.findall(text)
    assert len(rows) == len(set(rows)) == text.count("::")
    for place, file, test in rows:
        assert test in _tests(PLACES[place] / file), f"{place}/{file}::{test}"
    for place, folder in PLACES.items():
        named = {test for where, file, test in rows if (where, file) == (place, OWN)}
        assert named == _tests(folder / OWN)
