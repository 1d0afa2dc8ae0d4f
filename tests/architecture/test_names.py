"""Public names, diagnostic codes, commands, and texts that must not be in the project."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from wilkc.cli.main import COMMANDS
from wilkc.compiler import review
from wilkc.core.codes import CODES, Code
from wilkc.core.codes.lint import CODES as LINT_CODES
from wilkc.core.diagnostics import has_errors
from wilkc.spec import read_specs

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "wilkc"
RANGES = {
    "syntax": (1, 29),
    "paths": (30, 49),
    "commands": (50, 69),
    "hosts": (70, 89),
    "names": (90, 99),
    "spec": (100, 139),
    "plan": (140, 169),
    "sandbox": (170, 199),
    "lint": (200, 239),
}
FIRST_PLAN_CODE = "W140"
STALE_BASELINE = "W237"  # found in a baseline and not in a spec


def _all_of(path: Path) -> list[str]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return [str(name) for name in ast.literal_eval(node.value)]
    return []


def test_public_names_are_sorted_and_fixed(golden: Callable[[str, str], None]) -> None:
    lines = []
    for path in sorted(PACKAGE.rglob("__init__.py")):
        room = ".".join(path.parent.relative_to(ROOT).parts)
        names = _all_of(path)
        module = importlib.import_module(room)
        assert all(hasattr(module, name) for name in names), room
        lines += [f"{room}: {name}" for name in names]
    golden("public_names.txt", "\n".join(lines) + "\n")


@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
def test_a_code_is_documented(code: Code) -> None:
    assert re.fullmatch(r"W\d{3}", code.id)
    assert code.title
    assert code.title[0] != code.title[0].upper() or not code.title[0].isalpha()
    assert code.why.endswith(".")
    assert code.before
    assert code.after
    assert code.before != code.after


@pytest.mark.parametrize("room", RANGES)
def test_codes_lie_in_the_range_of_their_room(room: str) -> None:
    module = importlib.import_module(f"wilkc.core.codes.{room}")
    low, high = RANGES[room]
    assert module.CODES
    assert all(low <= int(code.id[1:]) <= high for code in module.CODES)


def test_every_code_used_is_registered_and_every_registered_code_is_used() -> None:
    used: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        if "codes" not in path.parts:
            used |= set(re.findall(r'"(W\d{3})"', path.read_text(encoding="utf-8")))
    assert used == set(CODES)


@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
def test_before_draws_the_code_and_after_does_not(code: Code) -> None:
    if code.id == STALE_BASELINE:
        return
    before = _codes_of(code.before)
    if code.id < FIRST_PLAN_CODE:
        assert code.id in before
    assert _codes_of(code.after) == set()


@pytest.mark.parametrize("code", LINT_CODES, ids=lambda code: code.id)
def test_before_draws_a_finding_of_lint_and_after_does_not(code: Code) -> None:
    assert code.fix.endswith(".")
    if code.id != STALE_BASELINE:
        assert code.id in _findings_of(code.before)
        assert code.id not in _findings_of(code.after)


def _findings_of(text: str) -> set[str]:
    reviewed = review({"spec.yaml": text.encode()})
    assert not has_errors(reviewed.problems)
    return {found.diagnostic.code for found in reviewed.findings}


def _codes_of(text: str) -> set[str]:
    suffix = "jsonl" if text.startswith("{") else "yaml"
    sources = {f"spec.{suffix}": text.encode("utf-8", "surrogateescape")}
    return {found.code for found in read_specs(sources).diagnostics}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    module, _, attribute = COMMANDS[name].partition(":")
    command = getattr(importlib.import_module(module), attribute)
    assert isinstance(command, click.Command)
    assert command.help
    parameters = [one for one in command.params if isinstance(one, click.Option)]
    assert all(option.help for option in parameters), name


def test_no_file_names_this_machine_or_a_registry() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    refused = re.compile(
        r"/wor" + r"k/|\.\./shar" + r"ed|py" + r"pi\.org|proxy\.gola" + r"ng\.org|registry\.npmjs"
    )
    found = []
    for name in listed.stdout.split("\0"):
        path = ROOT / name
        if name and path.is_file():
            text = path.read_bytes().decode("utf-8", "replace")
            found += [f"{name}: {hit[0]}" for hit in refused.finditer(text)]
    assert found == []
