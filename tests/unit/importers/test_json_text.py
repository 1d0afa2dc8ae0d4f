"""JSON with comments: values with their places, and texts that are refused at theirs."""

from __future__ import annotations

import pytest

from wilkc.core.errors import UsageError
from wilkc.importers.json_text import MAX_DEPTH, read_json_text
from wilkc.syntax import Mapping, plain_data


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{}", {}),
        ("[ ]", ()),
        (' {"a": [1, -2, true, false, null, "x"]}\n', {"a": (1, -2, True, False, None, "x")}),
        ('// one\n{"a" /* two */: "//", "b": "/* */"} // three', {"a": "//", "b": "/* */"}),
        (r'["\u0041\n\/\ud83d\ude00"]', ("A\n/\U0001f600",)),
        ("[0.5, 1e2]", (0.5, 100.0)),
        ("[" * (MAX_DEPTH - 1) + "1" + "]" * (MAX_DEPTH - 1), None),
    ],
)
def test_values(text: str, value: object) -> None:
    data = plain_data(read_json_text("x", text))
    assert value is None or data == value


def test_each_value_has_its_line() -> None:
    node = read_json_text("x", '{"a": 1,\n  // b\n  "b": ["c",\n\n    "d"]}')
    assert isinstance(node, Mapping)
    places = [
        (key.text, key.span.line, key.span.column, value.span.line) for key, value in node.entries
    ]
    assert places == [("a", 1, 2, 1), ("b", 3, 3, 3)]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "1:1"),
        ("{", "1:2"),
        ("{}\n{}", "2:1"),
        ('{"a": 1,}', "1:9"),
        ("[1,]", "1:4"),
        ("[1 2]", "1:4"),
        ("[,]", "1:2"),
        ("{a: 1}", "1:2"),
        ("{'a': 1}", "1:2"),
        ('{"a" 1}', "1:6"),
        ('{"a": 1, "a": 2}', "1:10"),
        ('{"a": 1, "\\u0061": 2}', "1:10"),
        ("[NaN]", "1:2"),
        ("[Infinity]", "1:2"),
        ("[01]", "1:2"),
        ("[1.]", "1:2"),
        (f"[{'9' * 5000}]", "1:2"),
        ("[True]", "1:2"),
        ('["\\x"]', "1:2"),
        ('["a\nb"]', "1:2"),
        ('["a]', "1:2"),
        ('["\\ud800"]', "1:2"),
        ('{"\\u001b[2J": 1}', "1:2"),
        ("[1 /* ]", "1:4"),
        ("# a\n{}", "1:1"),
        ("[" * (MAX_DEPTH + 1), f"1:{MAX_DEPTH + 1}"),
        ("[" * 100_000, f"1:{MAX_DEPTH + 1}"),
        ('{"__proto__": 1, "__proto__": 1}', "1:18"),
    ],
)
def test_what_is_refused_is_refused_at_its_place(text: str, place: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_json_text("x", text)
    assert caught.value.message.startswith(f"x:{place}: ")
