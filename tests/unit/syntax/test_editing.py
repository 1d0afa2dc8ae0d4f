"""One item goes, and everything else stays as it is."""

from __future__ import annotations

import pytest

from wilkc.syntax import (
    Mapping,
    Node,
    Sequence,
    read_documents,
    with_line_above,
    without_item,
)


def _items(node: Node) -> list[Node]:
    """Every item of every list, in the order of the text."""
    if isinstance(node, Mapping):
        return [item for _, value in node.entries for item in _items(value)]
    if isinstance(node, Sequence):
        return [one for item in node.items for one in (item, *_items(item))]
    return []


def _without(text: str, number: int) -> str | None:
    nodes, problems = read_documents(text.encode(), "a.yaml")
    assert problems == ()
    items = [item for node in nodes for item in _items(node)]
    new = without_item(text.encode(), items[number].span)
    return None if new is None else new.decode()


@pytest.mark.parametrize(
    ("text", "number", "wanted"),
    [
        ("a:\n  - x\n  - y\n", 0, "a:\n  - y\n"),
        ("a:\n  - x\n  - y\n", 1, "a:\n  - x\n"),
        ("a:\n- x\n- y\nb: 1\n", 1, "a:\n- x\nb: 1\n"),
        ("a:\n- x\nb: 1\n", 0, "a:\n  []\nb: 1\n"),
        ("a:\n  - x\n", 0, "a:\n    []\n"),
        ("a:\n  # over\n  - x # beside\n  - y\n", 0, "a:\n  # over\n  # beside\n  - y\n"),
        ("a:\n  - x # wilk: ignore W203: r\n  - y\n", 0, "a:\n  - y\n"),
        ("a:\n  # wilk: ignore W203: r\n  - x\n  - y\n", 0, "a:\n  - y\n"),
        ("a:\n  - {b: 1}\n  - y\n", 0, "a:\n  - y\n"),
        ("a:\n  - b: 1 # one\n    c: 2\n  - y\n", 0, "a:\n  # one\n  - y\n"),
        ("a:\n  - b:\n      - 1\n\n  - y\n", 0, "a:\n\n  - y\n"),
        ("a:\r\n  - x\r\n  - y\r\n", 0, "a:\r\n  - y\r\n"),
        ("a:\n  - x\n  - y", 1, "a:\n  - x"),
        ("a: [x, y, z]\n", 0, "a: [y, z]\n"),
        ("a: [x, y, z]\n", 1, "a: [x, z]\n"),
        ("a: [x, y, z]\n", 2, "a: [x, y]\n"),
        ("a: [x]\n", 0, "a: []\n"),
        ("a: [ 'x, # y' , z ] # c\n", 0, "a: [ z ] # c\n"),
        ("a: [{h: x, p: [1, 2]}, z]\n", 0, "a: [z]\n"),
        ("a: [\n  x, # one\n  y, # two\n]\n", 0, "a: [\n   # one\n  y, # two\n]\n"),
        ("a: [\n  x,\n  y,\n]\n", 1, "a: [\n  x,\n]\n"),
        ("a: [\n  x,\n  y\n]\n", 1, "a: [\n  x\n]\n"),
        ("a: [\n  x\n  , y\n]\n", 1, "a: [\n  x\n]\n"),
        ("---\na: [x]\n---\nb:\n  - y\n  - z\n", 1, "---\na: [x]\n---\nb:\n  - z\n"),
    ],
    ids=range(24),
)
def test_an_item_is_taken_out(text: str, number: int, wanted: str) -> None:
    assert _without(text, number) == wanted
    assert read_documents(wanted.encode(), "a.yaml")[1] == ()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("a:\n  - |\n    x\n  - y\n", 0),
        ("a:\n  - - x\n    - y\n  - z\n", 1),
        ("a: [{h: x,\n  p: 1}, z]\n", 0),
    ],
    ids=range(3),
)
def test_what_would_touch_more_is_left(text: str, number: int) -> None:
    assert _without(text, number) is None


def test_a_place_that_is_no_item_is_left() -> None:
    text = b"a:\n  - x\n"
    ((_, value),) = read_documents(text, "a.yaml")[0][0].entries  # type: ignore[union-attr]
    assert without_item(text, value.span.within(1, 2)) is None


@pytest.mark.parametrize(
    ("text", "line", "wanted"),
    [
        ("# head\npermissions: {}\n", 2, "# head\nagent: a\npermissions: {}\n"),
        ("x: 1\r\npermissions: {}\r\n", 2, "x: 1\r\nagent: a\r\npermissions: {}\r\n"),
        (
            "# wilk: ignore W211: r\npermissions: {}\n",
            2,
            "agent: a\n# wilk: ignore W211: r\npermissions: {}\n",
        ),
    ],
    ids=range(3),
)
def test_a_line_is_put_above(text: str, line: int, wanted: str) -> None:
    (node,), _ = read_documents(text.encode(), "a.yaml")
    assert isinstance(node, Mapping)
    key = next(key for key, _ in node.entries if key.text == "permissions")
    assert key.span.line == line
    new = with_line_above(text.encode(), key.span, "agent: a")
    assert new is not None
    assert new.decode() == wanted


def test_no_line_is_put_into_brackets() -> None:
    text = b"{permissions: {}}\n"
    (node,), _ = read_documents(text, "a.yaml")
    assert isinstance(node, Mapping)
    assert with_line_above(text, node.entries[0][0].span, "agent: a") is None
