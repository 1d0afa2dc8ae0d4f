"""What is answered: shortest texts, nothing left, or neither."""

from __future__ import annotations

import pytest

from wilkc.language.automata import (
    CANONICAL_NAME,
    Included,
    Inconclusive,
    Language,
    Negatives,
    Witness,
    difference,
    name_language,
)
from wilkc.language.names import parse_name_rule


def _name(text: str, *, fold: bool = False) -> Language:
    return name_language(parse_name_rule(text)[0], fold=fold)


@pytest.mark.parametrize(
    ("positive", "negatives", "text"),
    [
        ("*", [], "a"),
        ("*", ["?"], "aa"),
        ("*", ["?", "a*"], "ba"),
        ("abc", [], "abc"),
        ("*b*", ["b*"], "ab"),
        ("*.ts", ["?.ts", ".ts"], "aa.ts"),
        ("[a-c]", ["a", "c"], "b"),
        ("x[!a-z]", [], "x0"),
        ("[!a]*", ["?"], "ba"),
        ("é*", ["é"], "éa"),
        ("gpt-4*", ["gpt-4", "gpt-4-*"], "gpt-4a"),
    ],
)
def test_a_shortest_text_that_reads_well(positive: str, negatives: list[str], text: str) -> None:
    verdict = difference(CANONICAL_NAME & _name(positive), map(_name, negatives))
    assert verdict == Witness(text)


@pytest.mark.parametrize(
    ("positive", "negatives"),
    [
        ("a", ["a"]),
        ("a", ["*"]),
        ("*", ["*"]),
        ("*", ["?*"]),
        ("*", ["?", "??*"]),
        ("*", ["[!b]*", "b*"]),
        ("?", ["[a-m]", "[!a-m]"]),
        ("[a-c]x", ["ax", "[bc]x"]),
        ("a*b", ["a*"]),
        ("*a?", ["*aa", "*a[!a]"]),
    ],
)
def test_nothing_is_left(positive: str, negatives: list[str]) -> None:
    assert difference(CANONICAL_NAME & _name(positive), map(_name, negatives)) == Included()
    # Without any one of them something is.
    for place in range(len(negatives)):
        fewer = negatives[:place] + negatives[place + 1 :]
        verdict = difference(CANONICAL_NAME & _name(positive), map(_name, fewer))
        assert isinstance(verdict, Witness)


def test_several_patterns_must_all_take_the_text() -> None:
    def shared(*texts: str) -> Language:
        whole = CANONICAL_NAME
        for text in texts:
            whole &= _name(text)
        return whole

    assert difference(shared("a*", "*b"), []) == Witness("ab")
    assert difference(shared("a*", "*b", "??*?"), [_name("a?b")]) == Witness("abab")
    assert difference(shared("a*", "b*"), []) == Included()


def test_a_negative_of_several_patterns_takes_what_all_of_them_take() -> None:
    whole, both = CANONICAL_NAME & _name("a*"), _name("a*") & _name("*b")
    assert difference(whole, [both]) == Witness("a")
    assert difference(whole, [CANONICAL_NAME & _name("*b")]) == Witness("a")
    assert difference(whole & _name("*b"), [both]) == Included()
    assert difference(whole, [both, _name("*[!b]")]) == Included()


def test_case_is_ignored_on_the_side_that_asks_for_it() -> None:
    whole = CANONICAL_NAME & _name("SK")
    assert difference(whole, [_name("sk")]) == Witness("SK")
    assert difference(whole, [_name("sk", fold=True)]) == Included()
    folded = CANONICAL_NAME & _name("sk", fold=True)
    assert difference(folded, [_name("[sS][kK]")]) == Witness("ſk")
    # NFC replaces KELVIN SIGN, the third that folds like `k` does, by `K`.
    assert difference(folded, [_name("[sSſ][kK]")]) == Included()


def test_all_of_many_negatives_are_found_to_matter() -> None:
    """More than there are searches before all join."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    assert difference(CANONICAL_NAME & _name("?"), map(_name, letters)) == Witness(".")
    negatives = [*map(_name, letters), _name(f"[!{letters}]")]
    assert difference(CANONICAL_NAME & _name("?"), negatives) == Included()


def test_negatives_are_kept_once_and_found_by_what_they_take() -> None:
    held = Negatives(map(_name, ["a*", "a*", "*b", "?c", "zz"]))
    assert len(list(held)) == 4
    assert set(held.taking("ab")) == {_name("a*"), _name("*b")}
    assert held.taking("c") == []
    assert difference(CANONICAL_NAME & _name("*c"), held) == Witness("c")
    assert difference(CANONICAL_NAME & _name("*c"), held) == Witness("c"), "asked again"


def test_a_budget_that_is_spent_leaves_the_question_open() -> None:
    whole, negatives = CANONICAL_NAME & _name("*ab???"), [_name("*a????"), _name("*[!a]????")]
    assert difference(whole, negatives) == Included()
    verdict = difference(whole, negatives, budget=10)
    assert isinstance(verdict, Inconclusive)
    assert "budget" in verdict.why


def test_a_text_that_is_not_canonical_is_no_witness() -> None:
    """`e` and a combining acute accent are one character in form NFC."""
    verdict = difference(CANONICAL_NAME & _name("e[\u0301]"), [])
    assert isinstance(verdict, Inconclusive)
    assert "Unicode" in verdict.why
    assert difference(CANONICAL_NAME & _name("x[\u0301]"), []) == Witness("x\u0301")


def test_a_text_that_the_matching_refuses_is_no_witness() -> None:
    """Machines that take too much leave a question open, and never answer it."""
    sound = _name("a*")
    wide = Language(sound.make, lambda text: len(text) > 5 and sound.takes(text), frozenset("w"))
    assert isinstance(difference(CANONICAL_NAME & wide, []), Inconclusive)


def test_machines_that_take_too_little_leave_the_question_open() -> None:
    sound, other = _name("a*"), _name("b")
    narrow = Language(other.make, sound.takes, frozenset("n"))
    verdict = difference(CANONICAL_NAME & _name("a"), [narrow])
    assert isinstance(verdict, Inconclusive)


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ("a*", "b*", False),
        ("a*", "ab*", True),
        ("*a", "*b", False),
        ("*a", "*ba", True),
        ("a*", "*b", True),
        ("*", "a", True),
    ],
)
def test_languages_that_never_meet_are_told_at_a_glance(one: str, other: str, meet: bool) -> None:
    assert _name(one).may_meet(_name(other)) == meet
    assert _name(other).may_meet(_name(one)) == meet
