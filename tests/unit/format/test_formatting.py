"""Canonical specs: order of keys, quotes, explicit patterns, and what is left alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.unit.spec.test_seeds import ACCEPTED
from wilkc.core.errors import SpecError, WilkError
from wilkc.format import format_spec, formatting, same_plan
from wilkc.format.canonical import make_canonical
from wilkc.language.atoms import ALLOW, BLOCK
from wilkc.language.paths import explicit_rule
from wilkc.spec import read_specs
from wilkc.syntax.layout import Group, Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from wilkc.spec import Shape
    from wilkc.syntax.layout import Layout

ROOT = Path(__file__).parents[3]
SPECS = Path(__file__).parent / "specs"
BAD = ROOT / "tests" / "decisions" / "bad_specs"
PAGE = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
TEXTS = {
    **{path.name: path.read_bytes() for path in (ROOT / "policies" / "examples").iterdir()},
    **{f"page{number}": text.encode() for number, text in enumerate(BLOCKS)},
    **{f"seed{number}": row[0].encode() for number, row in enumerate(ACCEPTED)},
    "untidy.yaml": (SPECS / "untidy.yaml").read_bytes(),
}


def _formatted(text: str) -> str:
    return format_spec(text.encode(), "spec.yaml").decode()


def test_there_are_texts_of_every_sort() -> None:
    assert len(BLOCKS) > 20
    assert len(ACCEPTED) == 9
    assert len(TEXTS) > 35


@pytest.mark.parametrize("name", TEXTS)
def test_texts_keep_meaning_and_comments(name: str) -> None:
    old = TEXTS[name]
    new = format_spec(old, name)
    assert format_spec(new, name) == new
    assert same_plan({name: old}, {name: new})
    assert new.count(b"#") == old.count(b"#")
    assert [one.kind for one in read_specs({name: new}).documents] == [
        one.kind for one in read_specs({name: old}).documents
    ]


def test_an_untidy_text(golden: Callable[[str, str], None]) -> None:
    golden("fmt/untidy.yaml", format_spec(TEXTS["untidy.yaml"], "untidy.yaml").decode())


def test_an_example(golden: Callable[[str, str], None]) -> None:
    golden("fmt/reviewer.yaml", format_spec(TEXTS["reviewer.yaml"], "reviewer.yaml").decode())


def test_keys_stand_in_the_order_of_the_language() -> None:
    assert (
        _formatted(
            "permissions: {llm: {}, filesystem: {metadata: {}, read: []}}\nagent: a\nwilk: '1'\n"
        )
        == "wilk: '1'\nagent: a\npermissions: {filesystem: {read: [], metadata: {}}, llm: {}}\n"
    )


def test_free_keys_and_items_stay_in_their_order() -> None:
    text = (
        "permissions:\n  shell:\n    environment_variables: {set: {B: x, A: 'y'}}\n"
        "  tools:\n    arguments: {z: {required: [b, a]}, a: {}}\n"
        "---\nbindings:\n  z: [b, a]\n  a: []\n  roles: {z: [], a: []}\n"
    )
    assert _formatted(text) == text


def test_a_blank_line_stays_between_keys_that_change_places() -> None:
    assert _formatted("# head\npermissions: {}\n\n# who\nagent: a\nowner: o\n") == (
        "# head\n# who\nagent: a\nowner: o\n\npermissions: {}\n"
    )


def test_patterns_stand_in_quotes_and_words_do_not() -> None:
    assert _formatted(
        "permissions:\n"
        '  filesystem: {read: ["a"], metadata: {allowed_extensions: [".md"]}}\n'
        "  network: {allowed_hosts: [a.example, {host: b.example}], protocols: ['https']}\n"
        "  shell: {allowed_commands: [make], allowed_interpreters: ['node']}\n"
    ) == (
        "permissions:\n"
        "  filesystem: {read: ['./a'], metadata: {allowed_extensions: [.md]}}\n"
        "  network:\n"
        "    allowed_hosts: ['a.example', {host: 'b.example'}]\n"
        "    protocols: [https]\n"
        "  shell: {allowed_commands: ['make'], allowed_interpreters: [node]}\n"
    )


def test_paths_become_explicit_by_the_list_they_stand_in() -> None:
    text = _formatted(
        "permissions:\n  filesystem: {read: ['x'], metadata: {blocked_paths: ['x']}}\n"
        "  shell: {working_directories: ['app/']}\n"
        "sandbox: {protected: ['x'], runtime_paths: [lib]}\n"
    )
    assert "read: ['./x']" in text
    assert "blocked_paths: ['**/x']" in text
    assert "working_directories: ['./app/**']" in text
    assert "protected: ['**/x']" in text
    assert "runtime_paths: ['./lib']" in text


@pytest.mark.parametrize(
    "name",
    [
        path.name
        for path in sorted(BAD.glob("*.yaml"))
        if any(
            found.severity == "error" for found in read_specs({"x": path.read_bytes()}).diagnostics
        )
    ],
)
def test_a_spec_with_errors_is_refused_with_all_of_them(name: str) -> None:
    data = (BAD / name).read_bytes()
    with pytest.raises(SpecError) as refused:
        format_spec(data, name)
    assert refused.value.diagnostics == read_specs({name: data}).diagnostics


@pytest.mark.parametrize("text", ["\ufeffpermissions: {}\n", "permissions: {}\n# \u202e\n"])
def test_marks_that_nobody_sees_are_refused(text: str) -> None:
    with pytest.raises(SpecError):
        _formatted(text)


def _drop_an_entry(value: Layout, shape: Shape) -> None:
    make_canonical(value, shape)
    if isinstance(value, Group):
        value.entries.pop(0)


def _add_a_comment(value: Layout, shape: Shape) -> None:
    make_canonical(value, shape)
    if isinstance(value, Group):
        value.entries[-1].value = Text("a # b", "a", block=("|-", ("a",)))


def _drop_a_comment(value: Layout, shape: Shape) -> None:
    make_canonical(value, shape)
    if isinstance(value, Group):
        value.entries[-1].beside = None


@pytest.mark.parametrize("fault", [_drop_an_entry, _add_a_comment, _drop_a_comment])
def test_a_text_that_would_mean_something_else_is_refused(
    monkeypatch: pytest.MonkeyPatch, fault: Callable[[Layout, Shape], None]
) -> None:
    monkeypatch.setattr(formatting, "make_canonical", fault)
    with pytest.raises(WilkError, match=r"cannot be laid out|would not mean the same"):
        _formatted("agent: a\npermissions: {} # none\nowner: me\ncase: sensitive\n")


def test_a_text_that_would_be_too_long_is_refused() -> None:
    # In lines, each of these takes more room than in brackets.
    entries = ",".join(["a"] * 98_000)
    text = f"permissions: {{system: {{info: [{entries}]}}}}\n"
    with pytest.raises(WilkError, match="cannot be laid out"):
        _formatted(text)


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("agent: a\npermissions: {}\n", "permissions: {}\nagent: a\n", True),
        ("agent: a\npermissions: {}\n", "agent: b\npermissions: {}\n", False),
        (
            "permissions: {filesystem: {read: [a]}}",
            "permissions: {filesystem: {read: [./a]}}",
            True,
        ),
        ("permissions: {filesystem: {read: [a]}}", "permissions: {filesystem: {read: [b]}}", False),
        (
            "permissions: {filesystem: {metadata: {allowed_extensions: [.md]}}}",
            "permissions: {filesystem: {metadata: {allowed_extensions: [.ts]}}}",
            False,
        ),
        ("permissions: {data: {pii_detection: true}}", "permissions: {data: {}}", False),
        ("permissions: {}\nsandbox: {pids: 5}\n", "permissions: {}\nsandbox: {pids: 6}\n", False),
        ("permissions: {}\nextends: [x]\n", "extends: [x]\npermissions: {}\n", True),
        ("permissions: {}\nextends: [x]\n", "permissions: {}\n", False),
        ("permissions: {}\n", "permissions: {}\nnonsense: 1\n", False),
    ],
)
def test_same_plan(old: str, new: str, same: bool) -> None:
    assert same_plan({"a.yaml": old.encode()}, {"a.yaml": new.encode()}) is same


def test_the_page_shows_what_happens() -> None:
    page = (ROOT / "docs" / "layout.md").read_text(encoding="utf-8")
    before, after = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert _formatted(before) == after
    rows = re.findall(r"^\| (`.*?) \| (`.*?) \| (`.*?) \|$", page, re.MULTILINE)
    assert len(rows) == 4
    for row in rows:
        for texts in zip(*(re.findall("`([^`]+)`", cell) for cell in row), strict=True):
            text, allowed, blocked = texts
            assert explicit_rule(text, ALLOW) == allowed
            assert explicit_rule(text, BLOCK) == blocked
