"""Comments are found by what the scanner says, and nothing else is taken for one."""

from __future__ import annotations

import random

import pytest
import yaml

from wilkc.syntax import read_documents, read_ignores

COMMENT = "# wilk: ignore W203: why"


def _found(text: str) -> list[tuple[int, int, int]]:
    """Line, column and the line spoken of, of each comment for Wilk."""
    nodes, problems = read_documents(text.encode(), "a.yaml")
    assert nodes
    assert problems == ()
    return [
        (one.span.line, one.span.column, one.line) for one in read_ignores(text.encode(), "a.yaml")
    ]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (f"a: 1 {COMMENT}\n", [(1, 6, 1)]),
        (f"{COMMENT}\na: 1\n", [(1, 1, 2)]),
        (f"a: 1\n{COMMENT}", [(2, 1, 2)]),
        (f"a: [1, {COMMENT}\n  2]\n", [(1, 8, 1)]),
        (f"a: [1,\n  {COMMENT}\n\n  2]\n", [(2, 3, 4)]),
        (f"a: |\n  {COMMENT}\n{COMMENT}\nb: 1\n", [(3, 1, 4)]),
        (f"a: |\n  text\n {COMMENT}\nb: 1\n", [(3, 2, 4)]),
        (f"a: >\n\n    text\n  {COMMENT}\n  # more\nb: 1\n", [(4, 3, 6)]),
        (f"a: 'x\n  {COMMENT}\n  y'\n", []),
        (f'a: "x\n  {COMMENT}"\n', []),
        ("a: x#wilk:ignore\n", []),
        (f"a: x\\ {COMMENT}\n", [(1, 7, 1)]),
        (f"---\na: 1\n--- {COMMENT}\nb: 1\n", [(3, 5, 3)]),
        (f"a: 1\r\n{COMMENT}\r\nb: 2\r\n", [(2, 1, 3)]),
        (f"\u00e9\U0001f600: 1 {COMMENT}\n", [(1, 7, 1)]),
        ("a: 1 # wilk: other\n", [(1, 6, 1)]),
        ("a: 1 # about wilk: ignore W203: no\n", []),
    ],
    ids=range(17),
)
def test_comments(text: str, wanted: list[tuple[int, int, int]]) -> None:
    assert _found(text) == wanted


def test_codes_and_reason() -> None:
    (found,) = read_ignores(b"a: 1 # wilk: ignore W203,W210 W211 : a reason: with colons \n", "a")
    assert (found.codes, found.reason) == (("W203", "W210", "W211"), "a reason: with colons")


@pytest.mark.parametrize("number", range(4))
def test_what_is_inside_a_value_is_never_a_comment(number: int) -> None:
    seed = 20261128 + number
    print(f"seed {seed}")
    chance = random.Random(seed)
    pieces = ["#", " #", " # wilk: ignore W203: x", "'", '"', "\n", "\\", ": ", "- ", "\u00e9", "a"]
    for _ in range(100):
        value = "".join(chance.choice(pieces) for _ in range(chance.randint(1, 12)))
        style = chance.choice(["'", '"'])
        text = yaml.safe_dump({"a": [value, "b"]}, default_style=style, allow_unicode=True)
        assert _found(text) == []
        assert len(_found(f"{text}# wilk: ignore W203: y\n")) == 1
