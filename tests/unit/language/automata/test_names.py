"""Name patterns as languages."""

from __future__ import annotations

import pytest

from tests.unit.language.automata.walking import machines_take
from wilkc.language.automata import CANONICAL_NAME, name_language
from wilkc.language.names import parse_name_rule


@pytest.mark.parametrize(
    ("entry", "fold", "taken", "left"),
    [
        ("gpt-4*", False, "gpt-4 gpt-4/x", "gpt-3 xgpt-4 GPT-4"),
        ("gpt-4*", True, "gpt-4 GPT-4o", "gpt-3"),
        ("*/*", False, "a/b / a/b/c", "ab"),
        ("a?[!b]", False, "a/c aéa", "aab aa a"),
        ("[!k]", True, "a", "k K"),
        ("[A-C]x", True, "ax CX", "dx"),
        ("mcp__github__*", False, "mcp__github__x", "mcp__git__x"),
    ],
)
def test_machines_and_matching_take_the_same_names(
    entry: str, fold: bool, taken: str, left: str
) -> None:
    (pattern,) = parse_name_rule(entry)
    language = name_language(pattern, fold=fold)
    for text in taken.split():
        assert language.takes(text), text
        assert machines_take(language, text), text
        assert text.startswith(language.head)
        assert text.endswith(language.tail)
    for text in left.split():
        assert not language.takes(text), text
        assert not machines_take(language, text), text


@pytest.mark.parametrize("text", ["a", "/", ".", "é", "a b"])
def test_canonical_names(text: str) -> None:
    assert CANONICAL_NAME.takes(text)
    assert machines_take(CANONICAL_NAME, text)


@pytest.mark.parametrize("text", ["", "a\n", "\0", "\x85", "\u212a"])
def test_names_that_no_request_holds(text: str) -> None:
    assert not CANONICAL_NAME.takes(text)
    assert not machines_take(CANONICAL_NAME, text)
    assert not name_language(parse_name_rule("*")[0]).takes(text)


def test_a_folded_language_promises_no_ends() -> None:
    language = name_language(parse_name_rule("ab*cd")[0], fold=True)
    assert (language.head, language.tail, language.needle) == ("", "", "")
