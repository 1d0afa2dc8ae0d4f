"""Small rooms: modules, functions and Rego files have limits."""

from __future__ import annotations

import ast
import statistics
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "wilkc").rglob("*.py"))
LONGEST_MODULE = 400
LONGEST_FUNCTION = 60
MEDIAN_MODULE = 150


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_no_module_is_long() -> None:
    files = [*MODULES, *(ROOT / "policies").rglob("*.rego"), *(ROOT / "tests").rglob("*.py")]
    assert [str(path) for path in files if _lines(path) > LONGEST_MODULE] == []


def test_the_median_module_is_short() -> None:
    assert statistics.median(map(_lines, MODULES)) < MEDIAN_MODULE


def test_no_function_is_long() -> None:
    found = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    found.append(f"{path.name}:{node.name} has {length} lines")
    assert found == []
