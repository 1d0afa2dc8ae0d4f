"""Literal entries take their own text and no other, with every special character escaped."""

from __future__ import annotations

import pytest

from wilkc.analyze.entries import command_entry, name_entry, path_entry
from wilkc.language.atoms import ALLOW
from wilkc.language.commands import command_matches, parse_command_rule
from wilkc.language.names import name_matches, parse_name_rule
from wilkc.language.paths import parse_path, parse_path_rule, path_matches

ODD = [
    "*",
    "?",
    "[a]",
    "{a,b}",
    "\\",
    "!a",
    "a(b",
    "@(x)",
    "-x",
    "~",
    "'",
    '"',
    "a b",
    "é",
    "😀",
    "#",
]


@pytest.mark.parametrize("odd", ODD)
def test_a_path_entry_takes_its_path_alone(odd: str) -> None:
    text = f"./{odd}/x"
    entry = path_entry(text)
    assert entry is not None
    (pattern,) = parse_path_rule(entry, ALLOW)
    assert path_matches(pattern, parse_path(text))
    assert not path_matches(pattern, parse_path("./q/x"))
    assert not path_matches(pattern, parse_path(f"./{odd}/x/y"))


@pytest.mark.parametrize(
    "text", ["./a-b.ts", "/etc/hosts", "~/a", ".", "~", "/", "./docs/api/readme.txt"]
)
def test_a_plain_path_stands_for_itself(text: str) -> None:
    assert path_entry(text) == text


def test_a_path_that_no_pattern_can_say_has_no_entry() -> None:
    assert path_entry("./" + "a" * 3_000) is None


@pytest.mark.parametrize("odd", [*ODD, "..", "a/b", "gpt-4"])
def test_a_name_entry_takes_its_name_alone(odd: str) -> None:
    entry = name_entry(odd)
    assert entry is not None
    (pattern,) = parse_name_rule(entry)
    assert name_matches(pattern, odd)
    assert not name_matches(pattern, f"{odd}q")
    assert not name_matches(pattern, "q")


def test_a_name_with_a_control_character_has_no_entry() -> None:
    assert name_entry("a\nb") is None


@pytest.mark.parametrize(
    "odd", [*ODD, "", "it's", "a;b", "$x", "`id`", "a=b", "--", "*.ts", "a\tb"]
)
def test_a_command_entry_takes_its_arguments_alone(odd: str) -> None:
    argv = ("tool", odd, "x")
    entry = command_entry(argv)
    assert entry is not None
    (pattern,) = parse_command_rule(entry, ALLOW)
    assert command_matches(pattern, argv)
    assert not command_matches(pattern, ("tool", "q", "x"))
    assert not command_matches(pattern, (*argv, "x"))


@pytest.mark.parametrize("argv", [("if", "x"), ("a", "b\nc"), ("a", "\u200b"), ("A=b", "c")])
def test_what_no_command_pattern_can_say_has_no_entry(argv: tuple[str, ...]) -> None:
    assert command_entry(argv) is None
