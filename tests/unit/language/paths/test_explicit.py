"""Explicit texts of path rules: the same patterns, with the position written out."""

from __future__ import annotations

import pytest

from wilkc.core.errors import PatternError
from wilkc.language.atoms import ALLOW, BLOCK, Effect
from wilkc.language.paths import explicit_rule, parse_path_rule

CASES = [
    # entry, in an allow list, in a block list
    ("./src/*", "./src/*", "./src/*"),
    ("src/*", "./src/*", "./src/*"),
    ("src", "./src", "**/src"),
    (".env*", "./.env*", "**/.env*"),
    ("*", "./*", "**/*"),
    ("**", "./**", "**"),
    ("**/x", "./**/x", "**/x"),
    ("**/.git/**", "./**/.git/**", "**/.git/**"),
    ("build/", "./build/**", "**/build/**"),
    ("a/b/", "./a/b/**", "./a/b/**"),
    ("**/", "./**", "**"),
    ("./", "./**", "./**"),
    ("~/", "~/**", "~/**"),
    ("~/.aws", "~/.aws", "~/.aws"),
    ("/etc/", "/etc/**", "/etc/**"),
    (".", ".", "."),
    ("/", "/", "/**"),
    ("{src,docs}/*.md", "./{src,docs}/*.md", "./{src,docs}/*.md"),
    ("{a,b}", "./{a,b}", "**/{a,b}"),
    # In a block list one of the two floats and the other does not: no one text says both.
    ("{a,b/c}", "./{a,b/c}", "{a,b/c}"),
    ("{./a,~/b}", "{./a,~/b}", "{./a,~/b}"),
    ("\\~x", "./\\~x", "**/\\~x"),
    ("[ab]?", "./[ab]?", "**/[ab]?"),
]


@pytest.mark.parametrize(("text", "allowed", "blocked"), CASES)
def test_explicit_rule(text: str, allowed: str, blocked: str) -> None:
    wanted: list[tuple[Effect, str]] = [(ALLOW, allowed), (BLOCK, blocked)]
    for effect, explicit in wanted:
        assert explicit_rule(text, effect) == explicit
        assert explicit_rule(explicit, effect) == explicit
        assert parse_path_rule(explicit, effect) == parse_path_rule(text, effect)


@pytest.mark.parametrize("text", ["", "src/**.ts", "../x", "{a"])
def test_what_is_no_pattern_has_no_explicit_form(text: str) -> None:
    with pytest.raises(PatternError):
        explicit_rule(text, ALLOW)


def test_a_pattern_at_the_limit_of_length_stays_as_it_is() -> None:
    longest = "a" * 1999
    assert explicit_rule(longest, ALLOW) == longest
    assert explicit_rule("a" * 1998, ALLOW) == "./" + "a" * 1998
