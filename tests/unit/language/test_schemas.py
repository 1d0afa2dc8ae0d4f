"""Schemas of arguments: what is read, what conforms, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from wilkc.core.errors import PatternError
from wilkc.language.schemas import conforms, parse_schema

CASES: list[tuple[dict[str, Any], Any, Any]] = [
    ({"type": "string"}, "x", 1),
    ({"type": "integer"}, 1.0, 1.5),
    ({"type": ["integer", "null"]}, None, "1"),
    ({"type": "boolean"}, False, 0),
    ({"type": "number"}, 1.5, True),
    ({"type": "array"}, [], {}),
    ({"type": "object"}, {}, []),
    ({"enum": ["a", 1]}, 1, True),
    ({"const": True}, True, 1),
    ({"const": None}, None, False),
    ({"minimum": 3}, 3, 2.9),
    ({"maximum": 3}, 3, 4),
    ({"minLength": 2}, "äb", "a"),
    ({"maxLength": 2}, "äb", "abc"),
    ({"minItems": 1}, [1], []),
    ({"maxItems": 1}, [1], [1, 2]),
    ({"required": ["k"]}, {"k": 1}, {"l": 1}),
    ({"properties": {"k": {}}, "additionalProperties": False}, {"k": 1}, {"l": 1}),
    ({"properties": {"k": {"type": "string"}}}, {"k": "x", "l": 1}, {"k": 1}),
    ({"items": {"type": "string"}}, ["a", "b"], ["a", 1]),
    ({"items": {"items": {"maximum": 1}}}, [[1]], [[1], [2]]),
    ({"x-glob": "src-*"}, "src-a", "lib"),
    ({}, 2**53 - 1, 2**53),
    ({}, {"a": 1}, {"a\0b": 1}),
]


@pytest.mark.parametrize(("schema", "good", "bad"), CASES, ids=range(len(CASES)))
def test_each_keyword_passes_and_fails(schema: dict[str, Any], good: Any, bad: Any) -> None:
    whole = parse_schema({"properties": {"v": schema}})
    assert conforms(whole, {"v": good})
    assert not conforms(whole, {"v": bad})
    assert conforms(whole, {})


def test_schemas_of_a_number_and_a_truth_value_differ() -> None:
    one, other = (parse_schema({"enum": [value]}) for value in (1, True))
    assert one != other
    assert one == parse_schema({"const": 1})


@pytest.mark.parametrize("keyword", ["minimum", "maximum", "minLength", "maxItems", "minItems"])
def test_a_keyword_says_nothing_about_other_types(keyword: str) -> None:
    assert conforms(parse_schema({"properties": {"v": {keyword: 1}}}), {"v": None})


def test_arguments_are_an_object() -> None:
    assert not conforms(parse_schema({}), [])


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"pattern": "^a"}, "`pattern` is outside"),
        ({"properties": {"a": {"$ref": "#"}}}, "(at `a`)"),
        ({"items": {"anyOf": []}}, "(at `[]`)"),
        ({"type": "text"}, "`type` has a value"),
        ({"type": []}, "`type` has a value"),
        ({"enum": []}, "`enum` has a value"),
        ({"enum": [[1]]}, "`enum` has a value"),
        ({"const": 2**53}, "`enum` has a value".replace("enum", "const")),
        ({"minimum": True}, "`minimum` has a value"),
        ({"minLength": -1}, "`minLength` has a value"),
        ({"required": "k"}, "`required` has a value"),
        ({"additionalProperties": {}}, "`additionalProperties` is"),
        ({"properties": []}, "`properties` is a mapping"),
        ({"properties": {"a": True}}, "a schema is a mapping"),
        ({"x-glob": 1}, "`x-glob` has a value"),
        ({"x-glob": "{a}"}, "brace"),
        ({"properties": {"a": {"enum": list(range(3))}} | {f"p{n}": {"type": "null"} for n in
                                                           range(500)}}, "at most 500"),
    ],
    ids=range(17),
)  # fmt: skip
def test_what_is_outside_the_subset_is_refused(schema: dict[str, Any], message: str) -> None:
    with pytest.raises(PatternError, match=None) as caught:
        parse_schema(schema)
    assert message in caught.value.message
    assert caught.value.help_text


def test_a_schema_has_few_levels() -> None:
    deep: dict[str, Any] = {}
    for _ in range(9):
        deep = {"items": deep}
    with pytest.raises(PatternError, match="levels deep"):
        parse_schema(deep)
