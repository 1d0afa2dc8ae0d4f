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


def _jcs(value: Any) -> str:
    """RFC 8785 once more, by its text: section 3.2.2.2 for texts, 3.2.3 for the order of names."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return f"{value:d}"
    if isinstance(value, str):
        short = {8: "b", 9: "t", 10: "n", 12: "f", 13: "r", 0x22: '"', 0x5C: "\\"}
        return "".join(
            [
                '"',
                *(
                    f"\\{short[ord(one)]}" if ord(one) in short
                    else f"\\u{ord(one):04x}" if ord(one) < 0x20
                    else one
                    for one in value
                ),
                '"',
            ]
        )  # fmt: skip
    if isinstance(value, list):
        return f"[{','.join(map(_jcs, value))}]"
    names = sorted(value, key=lambda name: name.encode("utf-16-be"))
    return f"{{{','.join(f'{_jcs(name)}:{_jcs(value[name])}' for name in names)}}}"


def _any_value(chance: random.Random, depth: int = 0) -> Any:
    kind = chance.randrange(7 if depth < 5 else 4)
    if kind < 4:
        text = "".join(chance.choice(HOSTILE) for _ in range(chance.randrange(8)))
        return [None, chance.random() < 0.5, chance.randint(-(2**53) + 1, 2**53 - 1), text][kind]
    if kind == 4:
        return [_any_value(chance, depth + 1) for _ in range(chance.randrange(4))]
    names = ("a", "b", "a.b", "a_b", "a-b", "a:b", "0", "z" * 64)
    return {
        name: _any_value(chance, depth + 1) for name in chance.sample(names, chance.randrange(5))
    }


HOSTILE = [
    *map(chr, range(0x30)), "\\", "/", "a", "\x7f", "\x80", "\u00e9", "\u20ac", "\u2028", "\ud7ff",
    "\ue000", "\ufeff", "\uffff", "\U00010000", "\U0001f600", "\U0010ffff",
]  # fmt: skip


def test_subset_agrees_with_rfc8785() -> None:
    """With the example of its section 3.2.2, as far as it is of the subset, and with any value."""
    example = {"literals": [None, True, False], "string": '\u20ac$\x0f\nA\'B"\\\\"/'}
    expected = '{"literals":[null,true,false],"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    assert encode_subset(example) == expected.encode() == _jcs(example).encode()
    chance = random.Random(SEED)
    for _ in range(2000):
        value = _any_value(chance)
        text = encode_subset(value)
        assert text == _jcs(value).encode(), (SEED, value)
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
