"""Which words and addresses an operator may give."""

from __future__ import annotations

import pytest

from wilkc.adapters.authzen import Vocabulary
from wilkc.adapters.authzen.metadata import metadata
from wilkc.core.errors import UsageError


@pytest.mark.parametrize("word", ["", "a:b", "a b", "*", "-a", "é", "a" * 129, "a\n"])
def test_words_that_name_no_type(word: str) -> None:
    with pytest.raises(UsageError):
        Vocabulary(frozenset({word}))
    with pytest.raises(UsageError):
        Vocabulary(tools=frozenset({word}))


@pytest.mark.parametrize("word", ["file", "shell", "tool", "agent"])
def test_the_languages_own_types_keep_their_meaning(word: str) -> None:
    with pytest.raises(UsageError):
        Vocabulary(tools=frozenset({word}))


@pytest.mark.parametrize("url", ["https://pdp.example.com", "https://localhost:8443"])
def test_base_urls(url: str) -> None:
    assert metadata(url)["access_evaluation_endpoint"] == f"{url}/access/v1/evaluation"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "pdp.example.com",
        "http://pdp.example.com",
        "HTTPS://pdp.example.com",
        "https://",
        "https://:443",
        "https://pdp.example.com/",
        "https://pdp.example.com/tenant",
        "https://pdp.example.com?x",
        "https://pdp.example.com#",
        "https://user@pdp.example.com",
        "https://pdp.example.com:x",
        "https://pdp.example.com:99999",
        "https://pdp.example.com\n",
        "https://[::1",
        "https://pdp example.com",
    ],
)
def test_what_is_no_base_url(url: str) -> None:
    with pytest.raises(UsageError):
        metadata(url)
