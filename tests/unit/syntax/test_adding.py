"""New items in lists of a text: the rest stays as it is, or nothing is given."""

from __future__ import annotations

import pytest

from wilkc.syntax import plain_data, read_documents, with_items

ITEMS = ["'b'", "{host: 'x', ports: [1]}"]
ADDED = ("b", {"host": "x", "ports": (1,)})


def added(text: str, *path: str, line: int = 1) -> str | None:
    found = with_items(text.encode(), line, path, ITEMS)
    return None if found is None else found.decode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "k:\n  l: # why\n    - 'a'\n  # c\nm: 1\n",
            "k:\n  l: # why\n    - 'a'\n    - 'b'\n    - {host: 'x', ports: [1]}\n  # c\nm: 1\n",
        ),
        (
            "k:\n  l:\n  - 'a'\n  m: 1\n",
            "k:\n  l:\n  - 'a'\n  - 'b'\n  - {host: 'x', ports: [1]}\n  m: 1\n",
        ),
        ("k: {l: ['a']} # c\n", "k: {l: ['a', 'b', {host: 'x', ports: [1]}]} # c\n"),
        ("k: {l: [a,]}\n", "k: {l: [a, 'b', {host: 'x', ports: [1]}]}\n"),
        ("k: {l: []}\n", "k: {l: ['b', {host: 'x', ports: [1]}]}\n"),
        ("k: {m: 1}\n", "k: {m: 1, l: ['b', {host: 'x', ports: [1]}]}\n"),
        ("k: {}\n", "k:\n  l:\n    - 'b'\n    - {host: 'x', ports: [1]}\n"),
        ("k: {} # c\n", "k: {l: ['b', {host: 'x', ports: [1]}]} # c\n"),
        (
            "k:\n  m: 1\nn: 2\n",
            "k:\n  m: 1\n  l:\n    - 'b'\n    - {host: 'x', ports: [1]}\nn: 2\n",
        ),
        ("m: 1", "m: 1\nk:\n  l:\n    - 'b'\n    - {host: 'x', ports: [1]}"),
        (
            "k:\r\n  l:\r\n    - 'a'\r\n",
            "k:\r\n  l:\r\n    - 'a'\r\n    - 'b'\r\n    - {host: 'x', ports: [1]}\r\n",
        ),
    ],
)
def test_items_stand_at_the_end_of_their_list(text: str, expected: str) -> None:
    found = added(text, "k", "l")
    assert found == expected
    ((document,), problems) = read_documents(found.encode(), "x")
    assert problems == ()
    assert plain_data(document)["k"]["l"][-2:] == ADDED


def test_the_document_that_begins_in_the_line_is_meant() -> None:
    text = "k: {l: []}\n---\n# second\nk: {l: []}\n"
    assert added(text, "k", "l", line=4) == (
        "k: {l: []}\n---\n# second\nk: {l: ['b', {host: 'x', ports: [1]}]}\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "k:\n  l:\n",  # nothing stands for a list
        "k:\n  l: x\n",
        "k: x\n",
        "k:\n  l:\n    - |\n      text\n",  # where its text ends is not told by its last line
        "k:\n  - - a\n",
        "\ufeffk: {l: []}\n",
    ],
)
def test_what_cannot_be_added_to_is_left(text: str) -> None:
    assert added(text, "k", "l") is None


def test_no_document_begins_there_and_nothing_is_to_be_added() -> None:
    assert added("k: {l: []}\n", "k", "l", line=3) is None
    assert with_items(b"k: {l: []}\n", 1, ("k", "l"), []) is None
