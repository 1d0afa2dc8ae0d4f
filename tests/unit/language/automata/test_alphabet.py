"""Classes of characters, and which of their members stand for them."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest

from tests.unit.language.automata.walking import holds
from wilkc.language.automata.alphabet import alphabet
from wilkc.language.automata.charsets import CONTROLS, EVERY, chars, charset, without
from wilkc.language.automata.machines import Builder

if TYPE_CHECKING:
    from wilkc.language.automata.charsets import Charset
    from wilkc.language.automata.machines import Machine


def _machine(*sets: Charset) -> Machine:
    builder = Builder()
    return builder.machine(builder.either(*map(builder.one, sets)))


def _chars(*sets: Charset) -> list[str]:
    return [minterm.char for minterm in alphabet([_machine(*sets)]).minterms]


def test_no_class_is_told_apart_and_each_is_there() -> None:
    sets = [EVERY, chars("ab"), chars("bc"), charset([(0x61, 0x7A)]), CONTROLS]
    letters = alphabet([_machine(*sets)])
    of_class = {}
    for minterm in letters.minterms:
        inside = tuple(bool(minterm.held >> letters.places[held] & 1) for held in sets)
        assert inside == tuple(holds(held, minterm.char) for held in sets)
        of_class[inside] = minterm.char
    assert len(of_class) == len(letters.minterms)
    for char in "abcdz~é\0\x85\U0010ffff":
        assert tuple(holds(held, char) for held in sets) in of_class


def test_a_class_enters_the_states_of_its_characters() -> None:
    machine = _machine(chars("ab"), chars("bc"))
    letters = alphabet([machine])
    entered = {one.char: letters.enters(machine, one) for one in letters.minterms}
    assert entered == {"a": 0b010, "b": 0b110, "c": 0b100}


def test_what_no_machine_takes_has_no_class() -> None:
    assert _chars(chars("b")) == ["b"]
    assert _chars() == []


@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        (EVERY, "a"),
        (without(EVERY, chars("abc")), "d"),
        (chars("Z~"), "Z"),
        (chars("é\u0301"), "é"),
        # A combining mark comes first, and does not stand well by itself.
        (charset([(0x300, 0x36F), (0x3B1, 0x3C9)]), "α"),
        # Hangul vowels join what stands before them.
        (charset([(0x1161, 0x1175), (0xAC00, 0xAC01)]), "가"),
    ],
)
def test_what_reads_best_stands_for_a_class(held: Charset, wanted: str) -> None:
    assert _chars(held) == [wanted]


def test_where_nothing_else_is_left_a_mark_stands_for_itself() -> None:
    assert _chars(chars("\u0301")) == ["\u0301"]
    assert unicodedata.combining("\u0301")


def test_classes_that_read_best_come_first() -> None:
    assert _chars(chars("~"), chars("é"), chars("b"), chars("1")) == ["b", "1", "~", "é"]
