"""Every file of `bad_specs` draws exactly these problems at exactly these places."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from wilkc.compiler import check

FOLDER = Path(__file__).parent / "bad_specs"
WANTED: dict[str, list[tuple[str, int, int]]] = {
    "alias.yaml": [("W005", 3, 11)],
    "allowing_default.yaml": [("W107", 2, 77)],
    "assignment_before_command.yaml": [("W057", 3, 25), ("W057", 4, 25)],
    "bad_name.yaml": [("W105", 1, 8)],
    "base_in_another_case.yaml": [("W155", 7, 10)],
    "binary.yaml": [("W003", 2, 3)],
    "circle.yaml": [("W142", 2, 11), ("W142", 6, 11)],
    "complex_key.yaml": [("W007", 2, 3)],
    "control_character.yaml": [("W004", 1, 19)],
    "deep.yaml": [("W002", 1, 45)],
    "duplicate_key.yaml": [("W008", 3, 3)],
    "empty_fleet.jsonl": [("W009", 1, 1)],
    "empty.yaml": [("W009", 1, 1)],
    "exponent.yaml": [("W100", 2, 33)],
    "failing_test.yaml": [("W146", 4, 12)],
    "fleet.jsonl": [
        ("W110", 1, 1),
        ("W110", 1, 1),
        ("W110", 3, 1),
        ("W110", 4, 1),
        ("W110", 5, 1),
        ("W110", 5, 1),
        ("W110", 6, 1),
        ("W110", 7, 1),
        ("W110", 8, 1),
    ],
    "fleet_of_strangers.jsonl": [("W141", 1, 1), ("W147", 2, 1), ("W140", 3, 1)],
    "lfs_pointer.yaml": [("W014", 1, 1)],
    "list_at_the_top.yaml": [("W010", 1, 1)],
    "merge_key.yaml": [("W005", 3, 5)],
    "negative_size.yaml": [("W104", 3, 31)],
    "no_kind.yaml": [("W010", 1, 1)],
    "not_yaml.yaml": [("W001", 1, 40)],
    "null_category.yaml": [("W109", 2, 22), ("W109", 3, 11)],
    "null_document.yaml": [("W010", 4, 1)],
    "number_for_text.yaml": [("W101", 2, 26)],
    "octal_number.yaml": [("W100", 2, 33)],
    "quoted_number_without_unit.yaml": [("W104", 3, 31)],
    "role_of_unknown_spec.yaml": [("W141", 4, 26)],
    "role_twice.yaml": [("W148", 6, 25)],
    "several_problems.yaml": [
        ("W031", 3, 19),
        ("W039", 3, 31),
        ("W104", 4, 31),
        ("W071", 6, 26),
        ("W104", 7, 21),
        ("W103", 8, 17),
        ("W052", 10, 25),
        ("W051", 10, 47),
    ],
    "tag.yaml": [("W006", 3, 12)],
    "two_kinds.yaml": [("W011", 2, 1)],
    "two_policies.yaml": [("W144", 3, 1)],
    "two_specs_of_one_agent.yaml": [("W140", 5, 1)],
    "unfinished_merge.yaml": [("W013", 3, 1)],
    "unknown_extends.yaml": [("W141", 2, 11)],
    "unknown_key.yaml": [("W108", 4, 7)],
    "unreachable_host.yaml": [("W145", 3, 21)],
    "wildcard_in_blocked_option.yaml": [("W058", 4, 28), ("W058", 4, 49)],
    "wrong_type.yaml": [("W101", 3, 11), ("W101", 5, 29)],
    "yaml_1_1_boolean.yaml": [("W100", 1, 8)],
    "yaml_bomb.yaml": [("W005", 1, 4)],
}


def _found(files: dict[str, bytes]) -> list[tuple[str, int, int]]:
    return [(found.code, found.span.line, found.span.column) for found in check(files)]


def test_every_file_is_listed() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(WANTED)


@pytest.mark.parametrize("name", WANTED)
def test_problems(name: str) -> None:
    assert _found({name: (FOLDER / name).read_bytes()}) == WANTED[name]


@pytest.mark.parametrize("name", WANTED)
def test_every_problem_says_what_to_do_in_one_line(name: str) -> None:
    for found in check({name: (FOLDER / name).read_bytes()}):
        assert found.severity == "error"
        assert "\n" not in found.message
        assert not found.message.endswith(".")


def test_an_unknown_key_is_not_taken_for_one_of_its_own_name_elsewhere() -> None:
    entry = "{name: fetch, when: {context.environment: [test]}}"
    text = f"agent: a\npermissions: {{tools: {{allowed: [{entry}]}}}}\n"
    found = check({"p.yaml": text.encode()})
    assert [(one.code, one.message) for one in found] == [
        ("W102", "`tool` is missing"),
        ("W108", "unknown key `name`"),
    ]
    assert found[1].help == "leave it out"


def test_all_problems_of_all_files_come_in_one_run() -> None:
    names = ["unknown_key.yaml", "wrong_type.yaml", "duplicate_key.yaml"]
    found = check({name: (FOLDER / name).read_bytes() for name in names})
    assert [one.span.file for one in found] == sorted([one.span.file for one in found])
    assert {one.span.file for one in found} == set(names)


def test_an_agent_defined_in_two_files_is_found() -> None:
    text = b"agent: a\npermissions: {}\n"
    assert _found({"one.yaml": text, "two.yaml": text}) == [("W140", 2, 1)]


@pytest.mark.parametrize(
    "text",
    [
        b"permissions: " + b"[" * 500_000,
        b"permissions: " + b"{a: " * 200_000,
        b"- " * 500_000,
        b"a: " + b"x" * 2_000_000,
        b"permissions: {filesystem: {read: [" + b"a, " * 150_000 + b"]}}",
        b"'" * 1_000_000,
        b"\xff" * 1000,
        b"\0" * 1000,
        b"? " * 300_000,
    ],
    ids=range(9),
)
def test_hostile_texts_are_refused_without_effort(text: bytes) -> None:
    started = time.process_time()
    assert check({"hostile.yaml": text})
    # A guard against blow-up, not a benchmark: the bound is a hundred times what it takes.
    assert time.process_time() - started < 30
