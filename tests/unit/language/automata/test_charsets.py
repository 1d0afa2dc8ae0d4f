"""Sets of code points, against sets of Python."""

from __future__ import annotations

import random
import unicodedata

import pytest

from tests.unit.language.automata.walking import holds
from wilkc.language.atoms import CharClass
from wilkc.language.automata.charsets import (
    CONTROLS,
    EVERY,
    REPLACED,
    Charset,
    both,
    chars,
    charset,
    class_chars,
    without,
)
from wilkc.language.case import LAST_CASED, variants
from wilkc.language.globs import in_class

SMALL = 12


def _ranges(rng: random.Random) -> Charset:
    lows = [rng.randrange(SMALL) for _ in range(rng.randint(0, 4))]
    return tuple((low, rng.randrange(low, SMALL)) for low in lows)


def _members(held: Charset) -> set[int]:
    return {number for low, high in held for number in range(low, high + 1)}


def test_ranges_are_sorted_and_joined() -> None:
    assert charset([(5, 6), (1, 2), (3, 3), (6, 9)]) == ((1, 3), (5, 9))
    assert charset([]) == ()


def test_sets_are_what_sets_are() -> None:
    rng = random.Random(1)
    for _ in range(2_000):
        one, other = charset(_ranges(rng)), charset(_ranges(rng))
        assert _members(charset((*one, *other))) == _members(one) | _members(other)
        assert _members(without(one, other)) == _members(one) - _members(other)
        assert _members(both(one, other)) == _members(one) & _members(other)
        for held in (without(one, other), both(one, other)):
            assert held == charset(held), "neither sorted nor joined"


def test_every_character_is_one_that_valid_text_holds() -> None:
    assert all(holds(EVERY, char) for char in "\0a\ud7ff\ue000\U0010ffff")
    assert not any(holds(EVERY, chr(number)) for number in (0xD800, 0xDFFF))
    assert all(holds(CONTROLS, char) for char in "\0\x1f\x7f\x85\x9f")
    assert not any(holds(CONTROLS, char) for char in " ~\xa0")


def test_what_nfc_replaces_by_what_folds_alike_is_in_no_canonical_text() -> None:
    folded = {
        number
        for number in range(LAST_CASED)
        if (composed := unicodedata.normalize("NFC", chr(number))) != chr(number)
        and composed in variants(chr(number))
    }
    assert folded == _members(REPLACED)


@pytest.mark.parametrize(
    ("text", "fold", "taken", "left"),
    [
        ("k", False, "k", "K\u212a"),
        ("k", True, "kK\u212a", "l"),
        ("s", True, "sSſ", "ß"),
        ("ς", True, "σςΣ", "s"),
        ("İ", True, "İ", "iIı"),
        ("az", False, "az", "b"),
    ],
)
def test_characters_fold_where_asked(text: str, fold: bool, taken: str, left: str) -> None:
    held = chars(text, fold=fold)
    assert all(holds(held, char) for char in taken)
    assert not any(holds(held, char) for char in left)


@pytest.mark.parametrize("negated", [False, True])
@pytest.mark.parametrize("fold", [False, True])
@pytest.mark.parametrize("ranges", [(("a", "f"),), (("S", "k"),), (("ſ", "ſ"), ("ς", "ς")), ()])
def test_a_class_takes_what_the_matching_takes(
    ranges: tuple[tuple[str, str], ...], fold: bool, negated: bool
) -> None:
    held = CharClass(ranges, negated)
    found = class_chars(held, fold=fold)
    for char in "\0aAfFgGkKsSlzſςσΣéÉ\u212a\U0001f600\U0010ffff":
        assert holds(found, char) == in_class(held, char, fold=fold), char


def test_a_negated_class_takes_no_surrogate() -> None:
    assert not holds(class_chars(CharClass((("a", "a"),), negated=True)), "\ud800")
