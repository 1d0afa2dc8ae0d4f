"""Layouts are read with every comment, and written alike."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from wilkc.core.errors import WilkError
from wilkc.syntax.layout import comment_texts, read_layout, reading, write_layout

UNTIDY = Path(__file__).parents[1] / "format" / "specs" / "untidy.yaml"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
CASES = {
    "indentation": ("a:\n     b:\n     - 1\n     -   2\n", "a:\n  b:\n    - 1\n    - 2\n"),
    "blank lines": ("\n\na: 1\n\n\n\nb: 2\n\n", "a: 1\n\nb: 2\n"),
    "no blank line heads a group": ("a:\n\n  b: 1\n\n  c: 2\n", "a:\n  b: 1\n\n  c: 2\n"),
    "brackets that fit": ("a: [ 1,2,\n 3 ]\n", "a: [1, 2, 3]\n"),
    "brackets with a comment": ("a: [1, # one\n 2]\n", "a:\n  - 1 # one\n  - 2\n"),
    "brackets with a comment at the end": (
        "a: [1,\n # rest\n ] # all\n",
        "a: # all\n  - 1\n  # rest\n",
    ),
    "empty brackets with a comment": ("a: [ # none\n ]\n", "a: [] # none\n"),
    "empty brackets with a line": ("a: {\n # none\n }\n", "# none\na: {}\n"),
    "lines stay lines": ("a:\n  - 1\n", "a:\n  - 1\n"),
    "beside a key": ("a: # x\n  b: 1\n", "a: # x\n  b: 1\n"),
    "beside a dash": ("a:\n- # x\n  b: 1\n", "a:\n  # x\n  - b: 1\n"),
    "before the first key of an item": ("a:\n-\n  # x\n  b: 1\n", "a:\n  # x\n  - b: 1\n"),
    "several beside one": ("a: {b: 1 # x\n , # y\n c: 2}\n", "a:\n  # y\n  b: 1 # x\n  c: 2\n"),
    "at the end of a group": ("a:\n  b: 1\n  # x\nc: 2\n", "a:\n  b: 1\n  # x\nc: 2\n"),
    "at the end of an outer group": ("a:\n  b: 1\n# x\nc: 2\n", "a:\n  b: 1\n# x\nc: 2\n"),
    "between two columns": ("a:\n    b: 1\n  # x\nc: 2\n", "a:\n  b: 1\n# x\nc: 2\n"),
    "after all": ("a:\n  - 1\n  # x\n# y\n", "a:\n  - 1\n  # x\n# y\n"),
    "wrong column before the first": ("a:\n# x\n  b: 1\n", "a:\n  # x\n  b: 1\n"),
    "head": ("# x\n\n# y\na: 1\n", "# x\n\n# y\na: 1\n"),
    "marks of documents": ("---\na: 1\n---\n\nb: 2\n...\n", "a: 1\n---\nb: 2\n"),
    "beside a mark": ("--- # x\na: 1\n", "# x\na: 1\n"),
    "document of comments": ("a: 1\n---\n# x\n---\nb: 2\n", "a: 1\n---\n# x\n\nb: 2\n"),
    "last document of comments": ("a: 1\n---\n# x\n", "a: 1\n# x\n"),
    "line breaks": ("a: 1\r\nb: # x\r\n  - 2\r\n", "a: 1\nb: # x\n  - 2\n"),
    "no line break at the end": ("a: 1 # x", "a: 1 # x\n"),
    "tabs": ("a: 1\t#\tx\t\n", "a: 1 #\tx\n"),
    "number sign in a text": ("a: x#y\nb: 'x # y'\n", "a: x#y\nb: 'x # y'\n"),
    "comment right after a bracket": ("a: [1]#x\n", "a: [1] #x\n"),
    "quotes": ('a: "x"\nb: \'yes\'\nc: "1.0"\n', "a: x\nb: 'yes'\nc: '1.0'\n"),
    "quotes in brackets": ("a: ['x, y', 'b:c']\n", "a: ['x, y', 'b:c']\n"),
    "what only escapes show": ('a: "\\u202f\\t\\e"\n', 'a: "\\u202F\\t\\x1B"\n'),
    "dates": ("a: '2026-11-28'\nb: '12:30'\n", "a: '2026-11-28'\nb: '12:30'\n"),
    "keys": ("'a': 1\n'no': 2\n'~': 3\n? d\n: 4\n", "a: 1\n'no': 2\n'~': 3\nd: 4\n"),
    "numbers": ("a: [-5, 0, TRUE, ~]\n", "a: [-5, 0, true, null]\n"),
    "lists of lists": ("a: [[1, 2], # x\n [3]]\n", "a:\n  - [1, 2] # x\n  - [3]\n"),
    "items of items": ("a:\n- - 1\n  - 2\n- - 3\n", "a:\n  - - 1\n    - 2\n  - - 3\n"),
    "lines of text": ("a: |  # x\n    b\n      c\n\n    d\n", "a: | # x\n  b\n    c\n\n  d\n"),
    "lines that begin with a blank": ("a: |2-\n    b\n   c\n", "a: |2-\n    b\n   c\n"),
    "lines in an item": ("a:\n- |\n b\n- b: >-\n    c\n", "a:\n  - |\n    b\n  - b: c\n"),
    "lines that end in blank ones": ("a: |+\n  b\n\nc: 1\n", 'a: "b\\n\\n"\n\nc: 1\n'),
    "lines with blanks alone": ("a: |\n  b\n   \n  c\n", 'a: "b\\n \\nc\\n"\n'),
    "comment right after a comma": ("a: [1,# x\n 2]\n", "a:\n  - 1 # x\n  - 2\n"),
    "comment after lines": ("a: |\n  b\n # x\nc: 1\n", "a: |\n  b\n# x\nc: 1\n"),
    "short text over lines": ("a: one\n  two\n", "a: one two\n"),
    "long text over lines": (
        f"a: {'x ' * 30}\n   {'y ' * 20}\n\n   z\n",
        f"a: >-\n  {('x ' * 30).strip()}\n  {('y ' * 20).strip()}\n\n  z\n",
    ),
    "long brackets": (
        f"a: [{'x' * 40}, {'y' * 40}]\n",
        f"a:\n  - {'x' * 40}\n  - {'y' * 40}\n",
    ),
    "long text": (f"a: {'x' * 5000} # {'y' * 5000}\n", f"a: {'x' * 5000} # {'y' * 5000}\n"),
}


@pytest.mark.parametrize("name", CASES)
def test_layout(name: str) -> None:
    before, after = CASES[name]
    assert write_layout(read_layout(before)) == after
    assert write_layout(read_layout(after)) == after
    assert _values(after) == [value for value in _values(before) if value is not None]


def _values(text: str) -> list[object]:
    return list(yaml.load_all(text, Loader=LOADER))


def test_nothing_but_comments_is_no_document() -> None:
    assert read_layout("# x\n") == []


def test_what_has_no_canonical_layout_is_refused() -> None:
    with pytest.raises(WilkError) as refused:
        read_layout("%YAML 1.2\n---\na: 1\n")
    assert refused.value.help_text


def test_the_reader_without_libyaml_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [UNTIDY.read_text(encoding="utf-8"), *(before for before, _ in CASES.values())]
    # It takes no tab between a value and a comment.
    texts = [text.replace("\t", " ") for text in texts]
    written = [write_layout(read_layout(text)) for text in texts]
    monkeypatch.setattr(reading, "_LOADER", yaml.SafeLoader)
    assert [write_layout(read_layout(text)) for text in texts] == written
    assert len(comment_texts(read_layout(texts[0]))) == texts[0].count("#")
