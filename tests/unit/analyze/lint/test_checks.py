"""Every check fires on the files that are named for its fault, and on no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from wilkc.analyze.lint import CHECKS
from wilkc.compiler import review
from wilkc.core.codes import CODES
from wilkc.core.codes.lint import CODES as LINT_CODES
from wilkc.core.diagnostics import has_errors

FIRES = Path(__file__).parent / "fires"
SILENT = Path(__file__).parent / "silent"
# File stem to code, line and column of each finding.
WANTED: dict[str, list[tuple[str, int, int]]] = {
    "W200_by_the_base": [("W200", 8, 29)],
    "W200_by_two_blocks": [("W200", 4, 22)],
    "W200_commands": [("W200", 4, 36), ("W200", 4, 53), ("W200", 4, 69)],
    "W200_hosts": [("W200", 5, 9), ("W200", 6, 9), ("W200", 7, 9)],
    "W200_paths": [("W200", 4, 27), ("W200", 4, 47), ("W200", 5, 13)],
    "W201_by_two_together": [("W201", 4, 32), ("W201", 4, 52)],
    "W201_case": [("W201", 4, 38)],
    "W201_commands": [("W201", 4, 37), ("W201", 4, 49), ("W201", 5, 30), ("W201", 5, 48)],
    "W201_hosts": [("W201", 6, 9), ("W201", 8, 9), ("W201", 12, 9), ("W201", 13, 9)],
    "W201_names": [("W201", 4, 25), ("W201", 5, 32), ("W201", 6, 26)],
    "W201_of_the_same_meaning": [("W201", 3, 41)],
    "W201_of_the_same_condition": [("W201", 6, 9)],
    "W201_paths": [("W201", 4, 12), ("W201", 4, 49), ("W201", 5, 32)],
    "W202_block_twice": [("W202", 7, 11)],
    "W202_command_twice": [("W202", 4, 46)],
    "W202_host_twice": [("W202", 6, 9)],
    "W202_of_the_same_condition": [("W217", 5, 9), ("W202", 7, 9), ("W217", 7, 9)],
    "W202_path_twice": [("W202", 4, 37)],
    "W203_blocked_for_a_time": [("W203", 4, 12)],
    "W203_block_of_another_folder": [("W203", 4, 12)],
    "W203_defaults": [("W203", 4, 27)],
    "W203_home": [("W203", 3, 23), ("W203", 3, 44)],
    "W203_one_key": [("W203", 3, 23)],
    "W203_whole_workspace": [("W203", 4, 12)],
    "W204_block_of_the_base": [("W204", 8, 30)],
    "W204_git": [("W204", 4, 24)],
    "W204_spelled_options": [
        ("W204", 4, 24),
        ("W204", 4, 44),
        ("W204", 4, 63),
        ("W204", 4, 92),
    ],
    "W205_everybody": [("W205", 3, 29)],
    "W205_hosting": [("W205", 3, 29), ("W205", 3, 44)],
    "W205_top_level_domain": [("W205", 3, 29)],
    "W206_named_elsewhere": [("W206", 3, 29)],
    "W207_private": [("W207", 3, 29)],
    "W207_range": [("W201", 3, 29), ("W207", 3, 29), ("W207", 3, 41), ("W207", 3, 52)],
    "W208_entry": [("W208", 5, 45)],
    "W208_section": [("W208", 5, 24), ("W208", 5, 30)],
    "W209_no_scripts": [("W209", 6, 27)],
    "W210_by_extension": [("W210", 4, 13)],
    "W210_home": [("W210", 3, 24)],
    "W210_whole_workspace": [("W210", 3, 24)],
    "W211_none": [("W211", 3, 3), ("W211", 4, 3), ("W211", 5, 3)],
    "W212_weaker": [("W212", 7, 22)],
    "W213_stem": [("W213", 2, 1)],
    "W214_base_of_the_base": [("W214", 11, 17)],
    "W214_same_rule": [("W214", 6, 11)],
    "W215_internal": [("W215", 3, 31)],
    "W216_same_folder": [("W216", 3, 44)],
    "W217_always": [("W217", 6, 9), ("W217", 10, 11)],
    "W217_wider": [("W217", 6, 9), ("W217", 8, 9)],
    "W218_everything": [("W218", 5, 9), ("W218", 6, 9), ("W218", 7, 9), ("W218", 8, 9)],
    "W219_types": [
        ("W219", 5, 9),
        ("W219", 6, 9),
        ("W219", 9, 11),
        ("W219", 11, 27),
        ("W219", 14, 9),
        ("W219", 15, 9),
        ("W219", 18, 9),
        ("W219", 19, 9),
    ],
    "W220_opaque": [
        ("W220", 4, 24),
        ("W220", 4, 33),
        ("W220", 4, 44),
        ("W220", 4, 60),
        ("W220", 4, 76),
    ],
    "W221_env": [
        ("W221", 4, 24),
        ("W221", 4, 42),
        ("W221", 4, 56),
        ("W221", 5, 7),
        ("W221", 12, 24),
    ],
    "W222_runners": [
        ("W222", 4, 24),
        ("W222", 4, 33),
        ("W222", 4, 56),
        ("W222", 4, 73),
        ("W222", 5, 7),
    ],
    "W238_an_error": [("W238", 2, 17)],
    "W238_no_reason": [("W203", 3, 23), ("W238", 3, 33)],
    "W238_unreadable": [("W238", 2, 17)],
    "W239_unused": [("W203", 5, 12), ("W239", 3, 3)],
}
ABOUT_COMMENTS = {"W238", "W239"}
# Baselines are no specs: `tests/unit/cli/test_baseline.py` has its cases.
WITHOUT_SPECS = {"W237"}


def _found(path: Path) -> list[tuple[str, int, int]]:
    reviewed = review({path.name: path.read_bytes()})
    assert not has_errors(reviewed.problems)
    return [
        (one.diagnostic.code, one.diagnostic.span.line, one.diagnostic.span.column)
        for one in reviewed.findings
    ]


def _names(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.iterdir())


def test_every_file_is_listed() -> None:
    assert _names(FIRES) == sorted(WANTED)


@pytest.mark.parametrize("name", WANTED)
def test_it_fires(name: str) -> None:
    wanted = WANTED[name]
    assert name[:4] in {code for code, _, _ in wanted}
    assert _found(FIRES / f"{name}.yaml") == wanted


@pytest.mark.parametrize("name", _names(SILENT))
def test_it_is_silent(name: str) -> None:
    assert _found(SILENT / f"{name}.yaml") == []


@pytest.mark.parametrize("code", [code.id for code in LINT_CODES if code.id not in WITHOUT_SPECS])
def test_every_check_has_files_that_fire_and_files_that_do_not(code: str) -> None:
    assert any(name.startswith(code) for name in WANTED)
    assert any(name.startswith(code) for name in _names(SILENT))


def test_the_registry_is_in_order_and_complete() -> None:
    codes = [check.code for check in CHECKS]
    assert codes == sorted(set(codes))
    assert {*codes, *ABOUT_COMMENTS, *WITHOUT_SPECS} == {code.id for code in LINT_CODES}


@pytest.mark.parametrize("name", WANTED)
def test_a_finding_warns_in_one_line_and_says_what_to_do(name: str) -> None:
    path = FIRES / f"{name}.yaml"
    for finding in review({path.name: path.read_bytes()}).findings:
        found = finding.diagnostic
        assert found.severity == "warning"
        assert "\n" not in found.message
        assert not found.message.endswith(".")
        assert found.help
        assert finding.about
        mended = CODES[found.code].fix.startswith("`--fix`")
        assert mended == (finding.removable or bool(finding.line_above))


def test_one_finding_of_two_subjects_is_told_once() -> None:
    text = """
agent: base
permissions: {filesystem: {read: [./a.pem]}}
---
agent: a
extends: [base]
permissions: {filesystem: {write: [./src/b.py]}}
---
agent: b
extends: [base]
permissions: {filesystem: {write: [./src/c.py]}}
"""
    found = review({"specs.yaml": text.encode()}).findings
    assert [(one.diagnostic.code, one.diagnostic.span.line) for one in found] == [("W203", 3)]


def test_files_with_errors_are_left_out_and_the_others_are_not() -> None:
    reviewed = review(
        {
            "broken.yaml": b"permissions: {filesystem: {raed: [./a.pem]}}\n",
            "good.yaml": b"agent: a\npermissions: {filesystem: {read: [./a.pem]}}\n",
        }
    )
    assert [one.code for one in reviewed.problems] == ["W108"]
    assert [one.diagnostic.span.file for one in reviewed.findings] == ["good.yaml"]


def test_specs_that_do_not_fit_together_are_not_linted() -> None:
    text = b"agent: a\nextends: [none]\npermissions: {} # wilk: ignore W203: unused\n"
    reviewed = review({"a.yaml": text})
    assert [one.code for one in reviewed.problems] == ["W141"]
    assert (reviewed.findings, reviewed.plan) == ((), None)
