"""Simple case folding against facts of CaseFolding.txt, status C and S."""

from __future__ import annotations

import sys

import pytest

from wilkc.language.case import LAST_CASED, cased_variants, fold_char, fold_text, variants


@pytest.mark.parametrize(
    ("char", "folded"),
    [
        ("A", "a"),
        ("a", "a"),
        ("\u212a", "k"),
        ("\u017f", "s"),
        ("\u03c2", "\u03c3"),
        ("\u1e9e", "\u00df"),  # status S; the full folding is `ss`
        ("\u00df", "\u00df"),
        ("\u0130", "\u0130"),  # only a Turkic and a full folding
        ("\u0131", "\u0131"),
        ("\u0149", "\u0149"),  # only a full folding
        ("\u1f88", "\u1f80"),
        ("\u1fbc", "\u1fb3"),
        ("\u13a0", "\u13a0"),  # Cherokee folds to the capitals
        ("\uab70", "\u13a0"),
        ("\u13f8", "\u13f0"),
        ("\U00010400", "\U00010428"),
        ("\U0001e900", "\U0001e922"),
        ("\ufb05", "\ufb06"),  # status S since Unicode 15.1
        ("\ufb00", "\ufb00"),
        ("1", "1"),
        ("\u00b5", "\u03bc"),
    ],
)
def test_fold_char(char: str, folded: str) -> None:
    assert fold_char(char) == folded


def test_fold_text_keeps_the_length() -> None:
    assert fold_text("STRAẞE İ") == "straße İ"


@pytest.mark.parametrize(
    ("char", "alike"),
    [("k", "Kk\u212a"), ("S", "Ss\u017f"), ("ß", "ß\u1e9e"), ("İ", "İ"), ("1", "1"), ("/", "/")],
)
def test_variants(char: str, alike: str) -> None:
    assert variants(char) == tuple(alike)


def test_variants_are_classes_of_what_folds_alike() -> None:
    for number in range(LAST_CASED + 1):
        char = chr(number)
        alike = variants(char)
        assert char in alike
        assert fold_char(char) in alike
        assert len({fold_char(one) for one in alike}) == 1


def test_the_classes_of_ascii_are_those_of_the_whole_table() -> None:
    alike: dict[str, list[str]] = {}
    for number in range(LAST_CASED + 1):
        alike.setdefault(fold_char(chr(number)), []).append(chr(number))
    for number in range(128):
        assert variants(chr(number)) == tuple(alike[fold_char(chr(number))])


def test_nothing_folds_beyond_the_last_cased_code_point() -> None:
    for number in range(LAST_CASED + 1, sys.maxunicode + 1):
        assert fold_char(chr(number)) == chr(number)


def test_cased_variants_of_a_range() -> None:
    assert cased_variants("j", "l") == ("J", "K", "L", "j", "k", "l", "\u212a")
    assert cased_variants("0", "9") == ()
