"""The canonical subset of the audit log: one text for each value, everything else refused."""

from __future__ import annotations

import random
from typing import Any

import pytest

from wilkc.core.encoding import from_base64, is_hex, to_base64
from wilkc.core.subset import encode_subset, parse_subset

SEED = 20_261_124


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, False, None]}, b'{"a":[true,false,null],"b":1}'),
        ({"a": '"\\/\b\f\n\r\t\x00\x1f\x7f'}, b'{"a":"\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\x7f"}'),
        ({"a": "\u20ac\u2028\U0001f600"}, '{"a":"\u20ac\u2028\U0001f600"}'.encode()),
        ({"n": -(2**53 - 1)}, b'{"n":-9007199254740991}'),
    ],
)
def test_encodes_as_rfc_8785(value: Any, text: bytes) -> None:
    assert encode_subset(value) == text
    assert parse_subset(text) == value


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        float("nan"),
        {"A": 1},
        {"": 1},
        {"a b": 1},
        {1: 2},
        2**53,
        "\ud800",
        b"x",
        {"x" * 65: 1},
    ],
)
def test_refuses_what_is_outside(value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        encode_subset(value)


@pytest.mark.parametrize(
    "text",
    [
        b'{"a": 1}',
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a":1.0}',
        b'{"a":1e3}',
        b'{"a":NaN}',
        b'{"a":-0}',
        b'{"a":01}',
        b'{"a":"\\u0041"}',
        b'{"a":"\\/"}',
        b'{"a":"\\u000A"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xff"}',
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":1}\n',
        b'{"a":1}x',
        b"",
        b"[" * 100_000,
        b'{"a":' + b"9" * 5000 + b"}",
    ],
)
def test_refuses_every_other_spelling(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_subset(text)


def test_depth_counts_containers() -> None:
    value: Any = "x"
    for _ in range(16):
        value = [value]
    assert parse_subset(encode_subset(value)) == value
    with pytest.raises(ValueError, match="deeper"):
        encode_subset([value])


def test_every_value_has_one_text() -> None:
    print(f"seed {SEED}")
    chosen = random.Random(SEED)
    for _ in range(300):
        text = encode_subset(_value(chosen, 4))
        assert encode_subset(parse_subset(text)) == text


def _value(chosen: random.Random, depth: int) -> Any:
    kind = chosen.randrange(6 if depth else 4)
    if kind == 0:
        return chosen.choice([None, True, False])
    if kind == 1:
        return chosen.randrange(-(2**53) + 1, 2**53)
    if kind in {2, 3}:
        points = ["\n", '"', "\\", "\x00", "\u2028", "\u00e9", "\U0001f600", "a", "\x7f", "{"]
        return "".join(chosen.choices(points, k=chosen.randrange(8)))
    if kind == 4:
        return [_value(chosen, depth - 1) for _ in range(chosen.randrange(4))]
    return {f"k{n}": _value(chosen, depth - 1) for n in range(chosen.randrange(4))}


@pytest.mark.parametrize("text", ["", "AA==", "+/8="])
def test_base64_has_one_spelling(text: str) -> None:
    assert to_base64(from_base64(text)) == text


@pytest.mark.parametrize(
    "text", ["AA", "AB==", "-_8=", "AA==\n", " AA==", "A\u00c4==", "=", "A==="]
)
def test_other_spellings_of_base64_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="base64"):
        from_base64(text)


def test_hex_is_lower_case_and_of_one_length() -> None:
    assert is_hex("00ff", 4)
    assert not is_hex("00FF", 4)
    assert not is_hex("00f", 4)
    assert not is_hex(12, 2)
