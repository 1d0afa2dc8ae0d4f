"""What is done to an entry to see whether a test notices, one language at a time."""

from __future__ import annotations

import pytest

from wilkc.analyze.mutants import command_texts, host_texts, mutants, name_texts, path_texts
from wilkc.analyze.rule_lists import ListKey
from wilkc.core.spans import Span
from wilkc.language.atoms import ALLOW, BLOCK
from wilkc.language.paths import parse_path_rule
from wilkc.plan.model import Rule

PLACE = Span("a.yaml", 1, 1, 1, 1)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("./src/a.ts", {("widened", "./*/a.ts"), ("widened", "./src/*")}),
        ("./a/**", {("widened", "./*/**"), ("narrowed", "./a/*")}),
        ("./a/*", {("widened", "./*/*"), ("widened", "./a/**")}),
        ("./*.ts", {("widened", "./*"), ("narrowed", "./?.ts")}),
        ("*.{a,b}", {
            ("widened", "*"), ("narrowed", "?.{a,b}"), ("narrowed", "*.b"), ("narrowed", "*.a"),
        }),
        ("a/{b/c,d,e}/f", {
            ("widened", "*/{b/c,d,e}/f"), ("widened", "a/*/f"), ("widened", "a/{b/c,d,e}/*"),
            ("narrowed", "a/{d,e}/f"), ("narrowed", "a/{b/c,e}/f"), ("narrowed", "a/{b/c,d}/f"),
        }),
        (r"a\*[/*]"[:3], {("widened", "*")}),
    ],
)  # fmt: skip
def test_paths(text: str, wanted: set[tuple[str, str]]) -> None:
    assert set(path_texts(text)) == wanted


@pytest.mark.parametrize(
    ("text", "effect", "wanted"),
    [
        ("git diff *", ALLOW, {("widened", "git * *"), ("narrowed", "git diff")}),
        ("git diff", ALLOW, {("widened", "git *"), ("widened", "git diff *")}),
        ("rm -rf *", BLOCK, {("widened", "rm * *")}),
        ("cat 'a*b'", ALLOW, {("widened", "cat *"), ("widened", "cat 'a*b' *")}),
        ("ls", BLOCK, set()),
    ],
)
def test_commands(text: str, effect: str, wanted: set[tuple[str, str]]) -> None:
    found = set(command_texts(text, effect))
    assert found == wanted


def test_a_glob_of_a_command_is_changed_as_a_path() -> None:
    found = set(command_texts("cat ./src/**", ALLOW))
    assert {("narrowed", "cat ./src/*"), ("widened", "cat ./*/**")} <= found


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a.b.example", {("widened", "*.b.example")}),
        ("localhost", {("widened", "*")}),
        ("*.example", {
            ("widened", "*"), ("narrowed", "*.www.example"), ("narrowed", "www.example"),
        }),
        ("10.0.0.0/8", {("widened", "10.0.0.0/7"), ("narrowed", "10.0.0.0/9")}),
        ("10.0.0.1", {("widened", "10.0.0.0/31")}),
        ("private", set()),
        ("*", set()),
    ],
)  # fmt: skip
def test_hosts(text: str, wanted: set[tuple[str, str]]) -> None:
    assert set(host_texts(text)) == wanted


def test_names() -> None:
    assert set(name_texts("gpt-*")) == {("widened", "*"), ("narrowed", "gpt-?")}
    assert set(name_texts("*")) == {("narrowed", "?")}


def test_each_mutant_is_another_entry_and_one_drops_it() -> None:
    rule = Rule("x", "./a/**/b", PLACE, parse_path_rule("./a/**/b", ALLOW))
    found = mutants(ListKey("file", "read", ALLOW), rule)
    assert [one.change for one in found].count("dropped") == 1
    patterns = [one.rule.patterns for one in found if one.rule is not None]
    assert rule.patterns not in patterns
    assert len(patterns) == len(set(patterns)) == 3


def test_ports_are_widened_and_narrowed_by_one() -> None:
    rule = Rule("x", "80-90", PLACE, ((80, 90),))
    found = mutants(ListKey("network", "port", BLOCK), rule)
    assert [one.text for one in found] == ["", "79-91", "80-89"]
