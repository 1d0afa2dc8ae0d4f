"""Name patterns and the names of requests."""

from __future__ import annotations

from typing import Any

import pytest

from wilkc.core.codes import CODES
from wilkc.core.errors import PatternError, RequestError
from wilkc.language.names import name_matches, parse_name, parse_name_rule


@pytest.mark.parametrize(
    ("entry", "taken", "left"),
    [
        ("gpt-4", "gpt-4", "gpt-40 GPT-4 xgpt-4 gpt-"),
        ("gpt-*", "gpt- gpt-4 gpt-4/x gpt-4o:free", "agpt-4 gpt"),
        ("*uncensored*", "uncensored a/uncensored/b xuncensored", "censored Uncensored"),
        ("*/llama", "meta/llama a/b/llama /llama", "llama meta/llama2"),
        ("org/*/v?", "org/a/v1 org/a/b/v2 org//v/", "org/v1 org/a/v12"),
        ("*", "a a/b .x -x", ""),
        ("mcp__{github,gitlab}__*", "mcp__github__x mcp__gitlab__", "mcp__git__x"),
        ("[a-c/]x", "ax /x", "dx xx"),
        ("[!/]x", "ax", "/x"),
        ("a\\*", "a*", "ab a"),
        ("-x", "-x", "x"),
        ("~x", "~x", "x"),
        ("a//b", "a//b", "a/b"),
        ("..", "..", "."),
    ],
)
def test_table(entry: str, taken: str, left: str) -> None:
    patterns = parse_name_rule(entry)
    for name, expected in [(n, True) for n in taken.split()] + [(n, False) for n in left.split()]:
        assert any(name_matches(pattern, name) for pattern in patterns) is expected, name


@pytest.mark.parametrize(
    ("entry", "name", "folded"),
    [("GPT-4*", "gpt-4o", True), ("[G]pt", "gPT", True), ("[!G]pt", "gpt", False)],
)
def test_folding(entry: str, name: str, *, folded: bool) -> None:
    (pattern,) = parse_name_rule(entry)
    assert name_matches(pattern, name, fold=True) is folded
    assert name_matches(pattern, name) is not folded


REFUSED = [
    ("", "W090", ""),
    ("{,a}", "W090", "{,a}"),
    ("gpt-**", "W091", "**"),
    ("**/a", "W091", "**"),
    ("a{*,b}*", "W091", "*,b}*"),
    ("@(a|b)", "W092", "@("),
    ("!a", "W093", "!"),
    ("{!a,b}", "W093", "!"),
    ("{a}", "W094", "{a}"),
    ("{a,b", "W094", "{a,b"),
    ("[[:digit:]]", "W095", "[:"),
    ("[9-0]", "W095", "[9-0"),
    ("[a", "W095", "[a"),
    ("a\tb", "W096", "\t"),
    ("e\u0301", "W096", "e\u0301"),
    ("a\\", "W097", "\\"),
    ("?" * 65, "W098", "?" * 65),
    ("{a,b}" * 10, "W098", "{a,b}" * 10),
]


@pytest.mark.parametrize(("entry", "code", "part"), REFUSED)
def test_refusal(entry: str, code: str, part: str) -> None:
    with pytest.raises(PatternError) as refused:
        parse_name_rule(entry)
    error = refused.value
    assert (error.code, entry[error.start : error.end]) == (code, part)
    assert error.help_text
    assert "segment" not in error.message + error.help_text


def test_every_code_of_names_is_refused_somewhere() -> None:
    registered = {code for code in CODES if "W090" <= code <= "W099"}
    assert {code for _, code, _ in REFUSED} == registered


@pytest.mark.parametrize("name", ["a", "a/b", "..", "//", " ", "-", "é", "\u2028", "a" * 1_024])
def test_a_canonical_name_is_itself(name: str) -> None:
    assert parse_name(name) == name


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "it is empty"),
        ("a\n", "it holds a control character"),
        ("a\0", "it holds a control character"),
        ("a\x9f", "it holds a control character"),
        ("a\udfff", "it is not valid Unicode"),
        ("e\u0301", "it is not in Unicode form NFC"),
        ("a" * 1_025, "it has more than 1024 characters"),
        (None, "it is not a text"),
        (4, "it is not a text"),
    ],
)
def test_other_names_are_refused(name: Any, why: str) -> None:
    with pytest.raises(RequestError) as refused:
        parse_name(name)
    assert refused.value.detail == "name_not_canonical"
    assert refused.value.message == f"the name is not canonical: {why}"
