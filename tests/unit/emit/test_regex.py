"""The expressions that OPA gets, spelt out by hand (design: RE2, no anchors, no look-around)."""

from __future__ import annotations

import re

import pytest

from wilkc.emit.regex import char_regex, glob_regex, name_regex, path_regex, text_regex
from wilkc.language.atoms import ALLOW, AnyOne, CharClass, Literal, Star
from wilkc.language.names import parse_name_rule
from wilkc.language.paths import parse_path_rule

DOT = r"\x{2e}"
BELOW = "(?:/[^/]+)*"


@pytest.mark.parametrize(
    ("entry", "source"),
    [
        (".", DOT),
        ("~", r"\x{7e}"),
        ("/", "/"),
        ("./**", DOT + BELOW),
        ("~/**", r"\x{7e}" + BELOW),
        ("/**", f"/(?:[^/]+{BELOW})?"),
        ("/a", "/a"),
        ("/**/a", f"{BELOW}/a"),
        ("/**/*", f"{BELOW}/[^/]+"),
        ("/*/**", f"/[^/]+{BELOW}"),
        ("./a/**/b", f"{DOT}/a{BELOW}/b"),
        ("./*", DOT + "/[^/]+"),
        ("./*a?", DOT + "/[^/]*a[^/]"),
        ("./a.b", DOT + r"/a\x{2e}b"),
        ("./a-é", DOT + r"/a\x{2d}\x{e9}"),
        ("./[a-z]", DOT + r"/[\x{61}-\x{7a}]"),
        ("./[.0]", DOT + r"/[\x{2e}\x{30}]"),
        ("./[.-0]", DOT + r"/[\x{2e}\x{30}]"),
        ("./[!a]", DOT + r"/[\x{0}-\x{2e}\x{30}-\x{60}\x{62}-\x{d7ff}\x{e000}-\x{10ffff}]"),
        ("./[\ud7ff-\ue000]", DOT + r"/[\x{d7ff}\x{e000}]"),
    ],
)
def test_path_regex(entry: str, source: str) -> None:
    (pattern,) = parse_path_rule(entry, ALLOW)
    assert path_regex(pattern) == source


@pytest.mark.parametrize(
    ("entry", "source"),
    [
        ("./k", DOT + r"/[Kk\x{212a}]"),
        ("./1", DOT + "/1"),
        ("./[j-l]", DOT + r"/[\x{4a}-\x{4c}\x{6a}-\x{6c}\x{212a}]"),
        ("./ß", DOT + r"/[\x{df}\x{1e9e}]"),
        ("./İ", DOT + r"/\x{130}"),
    ],
)
def test_folded_letters_become_classes(entry: str, source: str) -> None:
    (pattern,) = parse_path_rule(entry, ALLOW)
    assert path_regex(pattern, fold=True) == source


def test_a_folded_negated_class_leaves_out_every_variant() -> None:
    (pattern,) = parse_path_rule("./[!k]", ALLOW)
    source = path_regex(pattern, fold=True)
    assert r"\x{0}-\x{2e}\x{30}-\x{4a}\x{4c}-\x{6a}\x{6c}-\x{2129}\x{212b}-" in source


@pytest.mark.parametrize(
    ("entry", "source"),
    [
        ("a/b", r"a\x{2f}b"),
        ("a*", r"a[\x{0}-\x{10ffff}]*"),
        ("?", r"[\x{0}-\x{10ffff}]"),
        ("[.-0]", r"[\x{2e}-\x{30}]"),
    ],
)
def test_name_regex_takes_the_slash_for_a_character(entry: str, source: str) -> None:
    (pattern,) = parse_name_rule(entry)
    assert name_regex(pattern) == source


def test_glob_regex_of_one_argument() -> None:
    glob = (Literal("a."), Star(), AnyOne(), CharClass((("a", "b"),), negated=False))
    source = glob_regex(glob, any_char="[^/]", without="/")
    assert source == r"a\x{2e}[^/]*[^/][\x{61}-\x{62}]"


def test_a_class_of_nothing_matches_nothing() -> None:
    glob = (CharClass((("/", "/"),), negated=False),)
    assert glob_regex(glob, any_char="[^/]", without="/") == r"[^\x{0}-\x{10ffff}]"


def test_only_letters_digits_and_slashes_stand_for_themselves() -> None:
    for number in range(0x3000):
        char = chr(number)
        source = char_regex(char)
        plain = re.fullmatch("[0-9A-Za-z]", char)
        assert source == (char if plain else rf"\x{{{number:x}}}")
    assert text_regex("a/.") == r"a\x{2f}\x{2e}"
