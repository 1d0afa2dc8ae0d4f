"""The generated reference is what the registries say, and leaves nothing out."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wilkc.cli.main import COMMANDS
from wilkc.cli.reference import NO_ANSWERS, REFUSALS, REMEDIES, pages
from wilkc.core.codes import CODES
from wilkc.core.details import MESSAGES
from wilkc.opa.denials import NO_ANSWER_DETAILS
from wilkc.runtime.audit import AUDIT_UNAVAILABLE
from wilkc.runtime.limits.failures import (
    LIMIT_MALFORMED,
    RECORD_INCOMPLETE,
    STORE_DAMAGED,
    STORE_UNAVAILABLE,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "docs" / "reference"
RAISERS = {"RequestError": 0, "_refuse": 0, "denial": 1}
"""Callable to the place of the detail among its arguments."""
DETAIL = re.compile(r"[a-z]+(_[a-z]+)+")
LEXER_TABLES = {"_LEADING", "_REFUSED"}


def _details_raised() -> Iterator[str]:
    """Every detail that the sources refuse a request with, read off the sources."""
    for path in (ROOT / "wilkc").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = _named_texts(tree)
        for node in ast.walk(tree):
            place = (
                RAISERS.get(getattr(node.func, "id", "")) if isinstance(node, ast.Call) else None
            )
            if isinstance(node, ast.Call) and place is not None:
                yield from _constants(node.args[place : place + 1], named)
            if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict):
                in_lexer = getattr(node.target, "id", "") in LEXER_TABLES
                yield from _constants(node.value.values if in_lexer else [], named)


def _named_texts(tree: ast.Module) -> dict[str, ast.expr]:
    """The constants that a module makes or imports, by name."""
    found = _own_texts(tree)
    for node in tree.body:
        home = ROOT / f"{str(getattr(node, 'module', '')).replace('.', '/')}.py"
        if isinstance(node, ast.ImportFrom) and home.is_file():
            there = _texts_of(home)
            found |= {one.name: there[one.name] for one in node.names if one.name in there}
    return found


@cache
def _texts_of(path: Path) -> dict[str, ast.expr]:
    return _own_texts(ast.parse(path.read_text(encoding="utf-8")))


def _own_texts(tree: ast.Module) -> dict[str, ast.expr]:
    return {
        node.target.id: node.value
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value
    }


def _constants(nodes: list[ast.expr], named: dict[str, ast.expr]) -> Iterator[str]:
    for given in nodes:
        node = named.get(given.id, given) if isinstance(given, ast.Name) else given
        # Helpers of the same name elsewhere take a sentence, not a code.
        if isinstance(node, ast.Constant) and DETAIL.fullmatch(str(node.value)):
            yield str(node.value)


@pytest.mark.parametrize("name", pages())
def test_page_is_generated(name: str) -> None:
    shown = (FOLDER / name).read_text(encoding="utf-8")
    assert shown == pages()[name], "run `make reference` and read the difference"


def test_no_page_is_left_behind() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(pages())


def test_every_code_and_command_has_its_section() -> None:
    text = pages()
    assert re.findall(r"^### .*?(W\d{3}):", text["diagnostics.md"], re.MULTILINE) == list(CODES)
    for name in COMMANDS:
        assert f"## `wilkc {name}`\n" in text["cli.md"]


def test_every_answer_says_what_to_do() -> None:
    assert set(REMEDIES) == set(MESSAGES)


def test_every_refusal_is_explained_and_every_explained_one_exists() -> None:
    assert set(_details_raised()) - {*MESSAGES, *NO_ANSWERS} == set(REFUSALS)


def test_every_missing_answer_is_explained() -> None:
    uncounted = {LIMIT_MALFORMED, RECORD_INCOMPLETE, STORE_DAMAGED, STORE_UNAVAILABLE}
    assert {*NO_ANSWER_DETAILS, AUDIT_UNAVAILABLE, *uncounted} <= set(NO_ANSWERS)


def test_no_cell_breaks_its_table() -> None:
    for line in pages()["details.md"].splitlines():
        if line.startswith("|"):
            assert line.count("|") == 4, line
