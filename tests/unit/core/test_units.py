"""Sizes, durations, percentages, canonical JSON and spans."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.core.canonical import canonical_json, canonical_object, digest
from wilkc.core.spans import Span
from wilkc.core.units import parse_duration, parse_percentage, parse_size

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (parse_size, 0, 0),
        (parse_size, 1024, 1024),
        (parse_size, "10MB", 10 * 2**20),
        (parse_size, "10MiB", 10 * 2**20),
        (parse_size, "1KB", 1024),
        (parse_size, "2GB", 2 * 2**30),
        (parse_size, "1TiB", 2**40),
        (parse_size, "5B", 5),
        (parse_duration, 300, 300),
        (parse_duration, "30s", 30),
        (parse_duration, "15m", 900),
        (parse_duration, "12h", 43_200),
        (parse_duration, "30d", 30 * 86_400),
        (parse_duration, "1y", 365 * 86_400),
        (parse_duration, "1 year", 365 * 86_400),
        (parse_duration, "6 months", 180 * 86_400),
        (parse_percentage, "80%", 80),
        (parse_percentage, "0%", 0),
    ],
)
def test_accepted(parse: Callable[[object], int], text: object, value: int) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_size, "10"),
        (parse_size, "-1MB"),
        (parse_size, -1),
        (parse_size, "1.5MB"),
        (parse_size, "1e3B"),
        (parse_size, "10 MB"),
        (parse_size, "10mb"),
        (parse_size, "010MB"),
        (parse_size, "MB"),
        (parse_size, ""),
        (parse_size, True),
        (parse_size, None),
        (parse_size, 1.5),
        (parse_size, float("nan")),
        (parse_size, 2**60),
        (parse_size, "9999999TB"),
        (parse_size, "１MB"),
        (parse_duration, "30"),
        (parse_duration, "30 s"),
        (parse_duration, "1w"),
        (parse_duration, "1h30m"),
        (parse_duration, -5),
        (parse_percentage, 80),
        (parse_percentage, "80"),
        (parse_percentage, "-1%"),
        (parse_percentage, "0.5%"),
    ],
)
def test_refused(parse: Callable[[object], int], text: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        parse(text)


VALUES: list[Any] = [
    None,
    True,
    0,
    -(2**53 - 1),
    "",
    'a"\\\b\u001f',
    "\u2028😀é",
    [],
    {},
    {"b": [1, {"a": None}], "a": "x"},
    ("a", 1),
]


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_canonical_bytes_read_back_and_are_sorted(value: Any) -> None:
    encoded = canonical_json(value)
    assert json.loads(encoded) == json.loads(json.dumps(value))
    assert canonical_json(json.loads(encoded)) == encoded
    assert b" " not in bytes(encoded)


@pytest.mark.parametrize(
    "value",
    [1.0, float("nan"), 2**53, "\ud800", {1: "a"}, {"\udfff": 1}, [{"a": 0.5}], b"", {1, 2}],
    ids=range(9),
)
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"form|bits|text|surrogate"):
        canonical_json(value)


def test_an_object_of_encoded_members_is_the_same_object() -> None:
    value = {"b": [1, 2], "a": {"é": "x"}, "c": None}
    members = {key: canonical_json(item) for key, item in value.items()}
    assert canonical_object(members) == canonical_json(value)
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})


def test_a_span_narrows_within_its_line() -> None:
    span = Span("a.yaml", 3, 5, 3, 15)
    assert span.within(2, 4) == Span("a.yaml", 3, 7, 3, 9)
    assert span.within(2, 40) == span
    assert Span("a.yaml", 3, 5, 4, 2).within(0, 1) == Span("a.yaml", 3, 5, 4, 2)
    assert str(span) == "a.yaml:3:5"
