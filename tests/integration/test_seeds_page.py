"""`docs/seeds.md` leaves out nothing of the permission model, and every test it names is there."""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "seeds.md").read_text(encoding="utf-8")
NAMES = tomllib.loads((ROOT / "tests" / "data" / "model_names.toml").read_text(encoding="utf-8"))
ROW = re.compile(r"^\| (?P<what>.+?) \| (?P<where>.+?) \| (?P<tests>.*?) \|$", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def rows(of: str) -> list[re.Match[str]]:
    """The rows of all tables below a heading of the second level, without their heads."""
    part = PAGE.split(f"\n## {of}\n", 1)[1].split("\n## ", 1)[0]
    return [row for row in ROW.finditer(part) if row["what"] != "in the document"]


ROWS = [row for title in NAMES for row in rows(title)]


@cache
def names_of_tests(file: str) -> frozenset[str]:
    """The names of the tests of one file, also those inside of classes."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, functions) and node.name.startswith("test_")
    )


@pytest.mark.parametrize("title", NAMES)
def test_every_name_of_a_document_has_its_row(title: str) -> None:
    told = {name for row in rows(title) for name in re.findall(r"^`(\w+)`$", row["what"])}
    assert told == set(NAMES[title])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["what"])
def test_every_row_names_tests_that_are_there(row: re.Match[str]) -> None:
    named = TEST.findall(row["tests"])
    assert named
    for file, name in named:
        assert names_of_tests(file)
        assert not name or name in names_of_tests(file)


def test_every_place_it_names_is_there() -> None:
    for place in re.findall(r"`(wilkc/[\w/.]+)`", PAGE):
        assert (ROOT / place).exists(), place
    for page in re.findall(r"\]\(([\w./-]+)\)", PAGE):
        assert (ROOT / "docs" / page).exists(), page
