"""Which texts of a request are canonical paths."""

from __future__ import annotations

from typing import Any

import pytest

from wilkc.core.errors import RequestError
from wilkc.language.paths import Path, parse_path


@pytest.mark.parametrize(
    ("text", "root", "segments", "canonical"),
    [
        (".", ".", (), "."),
        ("~", "~", (), "~"),
        ("/", "/", (), "/"),
        ("./a/b", ".", ("a", "b"), "./a/b"),
        ("a/b", ".", ("a", "b"), "./a/b"),
        ("~/a", "~", ("a",), "~/a"),
        ("/a/b", "/", ("a", "b"), "/a/b"),
        (".env", ".", (".env",), "./.env"),
        ("...", ".", ("...",), "./..."),
        ("..a", ".", ("..a",), "./..a"),
        ("~a", ".", ("~a",), "./~a"),
        ("./~", ".", ("~",), "./~"),
        ("~/~", "~", ("~",), "~/~"),
        ("-x", ".", ("-x",), "./-x"),
        (" ", ".", (" ",), "./ "),
        ("./a\\b", ".", ("a\\b",), "./a\\b"),
        ("./a*[b]{c,d}?", ".", ("a*[b]{c,d}?",), "./a*[b]{c,d}?"),
        ("./é", ".", ("é",), "./é"),
        ("./\u2028\u202e\ufeff", ".", ("\u2028\u202e\ufeff",), "./\u2028\u202e\ufeff"),
        ("./\U0001f600", ".", ("\U0001f600",), "./\U0001f600"),
        ("a" * 8_192, ".", ("a" * 8_192,), "./" + "a" * 8_192),
    ],
)
def test_canonical(text: str, root: Any, segments: tuple[str, ...], canonical: str) -> None:
    path = parse_path(text)
    assert path == Path(root, segments)
    assert str(path) == canonical


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is empty"),
        ("./", "it holds an empty segment"),
        ("~/", "it holds an empty segment"),
        ("//", "it holds an empty segment"),
        ("//a", "it holds an empty segment"),
        ("a/", "it holds an empty segment"),
        ("/a/", "it holds an empty segment"),
        ("a//b", "it holds an empty segment"),
        ("..", "it holds the segment `..`"),
        ("../a", "it holds the segment `..`"),
        ("./.", "it holds the segment `.`"),
        ("a/./b", "it holds the segment `.`"),
        ("a/..", "it holds the segment `..`"),
        ("~/..", "it holds the segment `..`"),
        ("/..", "it holds the segment `..`"),
        ("./a\n", "it holds a control character"),
        ("./a\0", "it holds a control character"),
        ("./a\x7f", "it holds a control character"),
        ("./a\x85", "it holds a control character"),
        ("./e\u0301", "it is not in Unicode form NFC"),
        ("./\u212a", "it is not in Unicode form NFC"),
        ("./\ud800", "it is not valid Unicode"),
        ("./\udc80a", "it is not valid Unicode"),
        ("a" * 8_193, "it has more than 8192 characters"),
    ],
)
def test_refused(text: str, why: str) -> None:
    with pytest.raises(RequestError) as refused:
        parse_path(text)
    assert refused.value.detail == "path_not_canonical"
    assert refused.value.message == f"the path is not canonical: {why}"


@pytest.mark.parametrize("value", [None, 1, True, b"./a", ["./a"], {}])
def test_what_is_no_text_is_refused(value: Any) -> None:
    with pytest.raises(RequestError, match="not a text"):
        parse_path(value)
