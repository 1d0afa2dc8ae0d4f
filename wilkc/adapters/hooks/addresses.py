r"""The addresses that a prompt names, as Gemini CLI finds them. Layer: adapters. Pure.

Read in google-gemini/gemini-cli, packages/core/src/tools/web-fetch.ts: a prompt is split where
JavaScript's `\\s` sees a blank, and each part that holds `://` is an address as a whole. Python's
`\\s` takes other characters, so that `a.example<U+001C>@b.example` would end in two places.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from wilkc.adapters.hooks.model import refusal
from wilkc.language.hosts import canonical_target

_BLANKS: Final = re.compile("[\t\n\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]+")
"""What `\\s` takes (ECMA-262, WhiteSpace and LineTerminator), but for what is refused here."""
_CONTROLS: Final = frozenset("\t\n\r")
_ADDRESS: Final = re.compile(r"(https?://)([^/?#]+)(.*)", re.IGNORECASE | re.DOTALL)
_MARK: Final = "://"
_PAGES: Final = "github.com"
_TEXTS: Final = "raw.githubusercontent.com"
"""Where Gemini CLI fetches what a page of `_PAGES` shows."""


def addresses_in(prompt: str) -> list[str]:
    """Every address that a prompt has fetched, each once.

    Raises:
        RequestError: there is none, or one cannot be told from the text, or has no host.
    """
    if any(unicodedata.category(char) == "Cc" and char not in _CONTROLS for char in prompt):
        raise refusal("the prompt holds a control character, at which an address may end or not")
    found = [part for part in _BLANKS.split(prompt) if _MARK in part]
    if not found:
        raise refusal("the prompt names no address")
    return list(dict.fromkeys([*found, *(text for url in found for text in _text_of(url))]))


def _text_of(url: str) -> list[str]:
    """Where the text of a page comes from, if that is another host."""
    parts = _ADDRESS.fullmatch(url)
    if parts is None:
        raise refusal("the prompt names an address that cannot be told from its text")
    if url.count(_MARK) > 1:
        raise refusal("an address in the prompt holds another")
    if canonical_target(url).host != _PAGES:
        return []
    _, colon, port = parts[2].partition(":")
    return [f"{parts[1]}{_TEXTS}{colon}{port}{parts[3]}"]
