"""The JSON Schema: valid itself, right about every document, and complete."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types

from tests.unit.spec.test_seeds import ACCEPTED
from wilkc.core.units import (
    duration_pattern,
    parse_duration,
    parse_percentage,
    parse_size,
    percentage_pattern,
    size_pattern,
)
from wilkc.spec import SCHEMA_KINDS, json_schema
from wilkc.spec.described import fields_of
from wilkc.spec.models.base import Section
from wilkc.syntax import plain_data, read_documents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[3]
BAD = ROOT / "tests" / "decisions" / "bad_specs"
PAGE = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
WRONG_BLOCKS = re.findall(r"^```yaml wrong (W\d+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
GOOD = {
    **{path.name: path.read_bytes() for path in (ROOT / "policies" / "examples").iterdir()},
    **{path.name: path.read_bytes() for path in (ROOT / "templates" / "init").iterdir()},
    **{f"page{number}": text.encode() for number, text in enumerate(BLOCKS)},
    **{f"seed{number}": row[0].encode() for number, row in enumerate(ACCEPTED)},
}
OF_SHAPE = [
    "allowing_default.yaml", "bad_name.yaml", "exponent.yaml", "list_at_the_top.yaml",
    "negative_size.yaml", "no_kind.yaml", "null_category.yaml", "null_document.yaml",
    "number_for_text.yaml", "octal_number.yaml", "quoted_number_without_unit.yaml",
    "several_problems.yaml", "two_kinds.yaml", "unknown_key.yaml", "wrong_type.yaml",
]  # fmt: skip
"""What can be seen without knowing what a pattern or another document means."""
UNREADABLE = [
    "alias.yaml", "binary.yaml", "complex_key.yaml", "control_character.yaml", "deep.yaml",
    "duplicate_key.yaml", "empty.yaml", "lfs_pointer.yaml", "merge_key.yaml", "not_yaml.yaml",
    "tag.yaml", "unfinished_merge.yaml", "yaml_bomb.yaml",
]  # fmt: skip
"""What is no document at all."""
OF_MEANING = [
    "assignment_before_command.yaml", "base_in_another_case.yaml", "circle.yaml",
    "failing_test.yaml", "role_of_unknown_spec.yaml", "role_twice.yaml", "two_policies.yaml",
    "two_specs_of_one_agent.yaml", "unknown_extends.yaml", "unreachable_host.yaml",
    "wildcard_in_blocked_option.yaml", "yaml_1_1_boolean.yaml",
]  # fmt: skip
CODES_OF_SHAPE = {
    "W101",
    "W102",
    "W103",
    "W104",
    "W105",
    "W106",
    "W107",
    "W108",
    "W109",
    "W113",
    "W114",
}
SCHEMA = json_schema()
VALIDATOR = Draft202012Validator(SCHEMA)


def _values(data: bytes) -> list[Any]:
    """The documents of a text as JSON has them."""
    nodes, _ = read_documents(data, "spec.yaml")
    return [_listed(plain_data(node)) for node in nodes]


def _listed(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_listed(one) for one in value]
    if isinstance(value, dict):
        return {name: _listed(held) for name, held in value.items()}
    return value


def _accepts(data: bytes) -> bool:
    values = _values(data)
    return bool(values) and all(VALIDATOR.is_valid(value) for value in values)


@pytest.mark.parametrize("kind", [None, *SCHEMA_KINDS])
def test_it_is_a_schema(kind: str | None) -> None:
    Draft202012Validator.check_schema(json_schema(kind))


@pytest.mark.parametrize("name", GOOD)
def test_every_example_fits(name: str) -> None:
    values = _values(GOOD[name])
    assert values
    for value in values:
        assert [error.message for error in VALIDATOR.iter_errors(value)] == []


@pytest.mark.parametrize("name", OF_SHAPE)
def test_a_fault_of_shape_is_refused(name: str) -> None:
    assert _values((BAD / name).read_bytes())
    assert not _accepts((BAD / name).read_bytes())


@pytest.mark.parametrize("name", OF_MEANING)
def test_a_fault_of_meaning_is_left_to_check(name: str) -> None:
    assert _accepts((BAD / name).read_bytes())


def test_every_bad_spec_is_of_one_sort() -> None:
    listed = [*OF_SHAPE, *UNREADABLE, *OF_MEANING]
    assert sorted(listed) == sorted(path.name for path in BAD.glob("*.yaml"))
    assert all(
        not nodes or problems
        for name in UNREADABLE
        for nodes, problems in [read_documents((BAD / name).read_bytes(), name)]
    )


@pytest.mark.parametrize(("code", "text"), WRONG_BLOCKS)
def test_wrong_blocks_of_the_page(code: str, text: str) -> None:
    assert _accepts(text.encode()) == (code not in CODES_OF_SHAPE)


_GRANT = {
    "id": "a",
    "agent": "b",
    "allow": "file:./c read",
    "reason": "d",
    "by": "e",
    "since": "2026-11-28T11:30:00Z",
    "until": "2026-11-28T12:00:00Z",
}


def test_a_kind_alone_refuses_the_others() -> None:
    of = {
        "agent-spec": {"permissions": {}},
        "security-policy": {"security_policy": {}},
        "bindings": {"bindings": {"a": ["b"], "roles": {"c": ["a"]}}},
        "permission-model": {"core": {}},
        "settings": {"audit": {}},
        "grant": {"grant": _GRANT},
    }
    assert list(of) == list(SCHEMA_KINDS)
    for kind in of:
        validator = Draft202012Validator(json_schema(kind))
        assert {other for other, value in of.items() if validator.is_valid(value)} == {kind}
    assert Draft202012Validator(json_schema("permission-model")).is_valid(
        {"permissions": {"core": {}}}
    )


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ({"permissions": {}, "agent": "a", "agents": ["b"]}, False),
        ({"permissions": {}, "tests": [{"allow": "file:a read"}]}, True),
        ({"permissions": {}, "tests": [{"allow": "file:a read", "deny": "file:a read"}]}, False),
        ({"permissions": {}, "tests": [{"name": "neither"}]}, False),
        ({"permissions": {"network": {"allowed_ports": [1, "2-3"]}}}, True),
        ({"permissions": {"network": {"allowed_ports": [0]}}}, False),
        ({"permissions": {"network": {"allowed_ports": ["http"]}}}, False),
        ({"permissions": {"network": {"allowed_hosts": [{"host": "a", "ports": [1]}]}}}, True),
        ({"permissions": {"network": {"allowed_hosts": [{"ports": [1]}]}}}, False),
        ({"permissions": {}, "sandbox": {"resources": {"network": {"maxConnections": 5}}}}, True),
        ({"permissions": {}, "sandbox": {"resources": {"network": {"max_connections": 5}}}}, True),
        ({"permissions": {}, "sandbox": {"resources": {"cpu": {"timeLimit": 5}}}}, True),
        ({"permissions": {}, "sandbox": {"resources": {"cpu": {"time_limit": 5}}}}, False),
        ({"permissions": {}, "sandbox": {"resources": {"cpu": {"max": "1.5"}}}}, True),
        ({"permissions": {}, "sandbox": {"resources": {"disk": {"max": "20MB/s"}}}}, True),
        ({"permissions": {}, "sandbox": {"resources": {"disk": {"max": "fast"}}}}, False),
        ({"data_protection": {"atRest": {"keyManagement": "x"}}}, True),
        ({"data_protection": {"at_rest": {}}}, False),
        ({"bindings": {"no name": ["a"]}}, False),
        ({"bindings": {"a": "b"}}, False),
        ({}, False),
    ],
)
def test_shapes(value: object, fits: bool) -> None:
    assert VALIDATOR.is_valid(value) is fits


def _models(root: type[Section] = Section) -> Iterator[type[Section]]:
    for model in root.__subclasses__():
        yield model
        yield from _models(model)


MODELS = {
    model.__name__: model
    for model in _models()
    if model.__module__.startswith("wilkc.") and model.__name__ in SCHEMA["$defs"]
}


def test_no_two_models_have_one_name() -> None:
    assert set(MODELS) == set(SCHEMA["$defs"])


@pytest.mark.parametrize("name", MODELS)
def test_every_key_is_described_and_its_example_fits(name: str) -> None:
    definition = SCHEMA["$defs"][name]
    assert set(fields_of(MODELS[name])) == set(MODELS[name].model_fields)
    assert definition["description"]
    # Attributes of conditions are named by their authors, in the ways that a pattern tells.
    assert definition["additionalProperties"] is False or definition["propertyNames"]
    for key, held in definition["properties"].items():
        assert held["description"].endswith("."), key
        inner = {**SCHEMA, **held}
        inner.pop("oneOf") if "oneOf" not in held else None
        for example in held["examples"]:
            errors = Draft202012Validator(inner).iter_errors(example)
            assert [error.message for error in errors] == [], (key, example)


@pytest.mark.parametrize(
    ("pattern", "parse"),
    [
        (size_pattern(), parse_size),
        (duration_pattern(), parse_duration),
        (percentage_pattern(), parse_percentage),
    ],
)
def test_patterns_of_units_take_what_is_read(pattern: str, parse: Callable[[object], int]) -> None:
    taken = 0
    for unit in ["", "B", "KB", "KiB", "MB", "TB", "s", "m", "h", "d", "y", "day", "days", "month",
                 "year", "years", "%", "x", "mb", "S"]:  # fmt: skip
        for number in ["0", "7", "012", "-1", "1.5", "1e3", "1234", ""]:
            for text in (f"{number}{unit}", f"{number} {unit}", f" {number}{unit}"):
                try:
                    parse(text)
                    read = True
                except ValueError:
                    read = False
                assert bool(re.search(pattern, text)) is read, text
                taken += read
    assert taken > 2
