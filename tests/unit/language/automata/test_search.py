"""One search: what it finds, and what it counts."""

from __future__ import annotations

import pytest

from wilkc.language.automata import CANONICAL_NAME, Language, name_language
from wilkc.language.automata.search import STEP, Search
from wilkc.language.names import parse_name_rule

ENOUGH = 1_000_000


def _name(text: str) -> Language:
    return name_language(parse_name_rule(text)[0])


def _search(positive: str, *negatives: str, budget: int = ENOUGH) -> Search:
    machines = (CANONICAL_NAME & _name(positive)).machines
    return Search(machines, [_name(one) for one in negatives], budget)


@pytest.mark.parametrize(
    ("positive", "negatives", "text"),
    [
        ("abc", [], "abc"),
        ("a*", ["a", "aa*"], "ab"),
        ("a*", ["?", "a?*"], None),
        ("a", ["a"], None),
    ],
)
def test_a_shortest_text_or_none(positive: str, negatives: list[str], text: str | None) -> None:
    search = _search(positive, *negatives)
    assert search.shortest() == text
    assert search.spent <= ENOUGH, "none is told from a budget that is spent"


def test_each_step_is_counted_for_what_it_costs() -> None:
    search = _search("abcdef")
    assert search.shortest() == "abcdef"
    assert search.spent >= len("abcdef") * STEP


def test_states_of_many_negatives_are_counted() -> None:
    few, many = _search("abcdef*"), _search("abcdef*", *(f"*{char}*" for char in "uvwxyz"))
    assert few.shortest() == many.shortest() == "abcdef"
    assert many.spent > few.spent


def test_a_search_that_spends_its_budget_finds_nothing_and_says_so() -> None:
    search = _search("abcdef", budget=2 * STEP)
    assert search.shortest() is None
    assert search.spent > 2 * STEP


@pytest.mark.parametrize("length", [20, 24])
def test_a_walk_through_ever_new_states_is_given_up(length: int) -> None:
    """All that `*a?…` demands is covered, but only 2^20 sets of its states tell so."""
    search = _search("*a" + "?" * length, "[a-m]*", "[!a-m]*", budget=1_000 * STEP)
    assert search.shortest() is None
    assert 1_000 * STEP < search.spent < 1_100 * STEP
