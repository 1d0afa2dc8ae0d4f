"""Name patterns: path globs over a whole name, `/` an ordinary character.

Layer: language (pure). LANGUAGE.md sections 6 and 8.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import PatternError, RequestError
from wilkc.language.globs import Codes, expand, glob_matches, to_glob

if TYPE_CHECKING:
    from wilkc.language.atoms import Glob

MAX_NAME: Final = 1_024
"""Code points of a requested name."""
CACHED_RULES: Final = 65_536
CODES: Final = Codes(
    empty="W090",
    globstar="W091",
    extglob="W092",
    negation="W093",
    brace="W094",
    posix="W095",
    char_class="W095",
    class_separator="W095",
    unreadable="W096",
    escape="W097",
    limit="W098",
    two_stars=("two stars together take no more than one", "write a single `*`"),
)


@dataclass(frozen=True, slots=True)
class NamePattern:
    """One name pattern, braces expanded."""

    glob: Glob


@lru_cache(maxsize=CACHED_RULES)
def parse_name_rule(text: str) -> tuple[NamePattern, ...]:
    """The patterns of one entry of a list of names.

    Raises:
        PatternError: the entry is outside the language; names the place and what to write.
    """
    patterns = []
    for tokens in expand(text, CODES, separator=""):
        if not tokens:
            raise PatternError(
                CODES.empty, "an alternative is empty", "leave it out", start=0, end=len(text)
            )
        patterns.append(NamePattern(to_glob(tokens, CODES)))
    return tuple(dict.fromkeys(patterns))


def name_matches(pattern: NamePattern, name: str, *, fold: bool = False) -> bool:
    """Whether the pattern takes the whole name.

    Args:
        pattern: a name pattern.
        name: a canonical name.
        fold: compare by Unicode simple case folding.
    """
    return glob_matches(pattern.glob, name, fold=fold)


def parse_name(text: str) -> str:
    """The name that a request asks for, as it is.

    Raises:
        RequestError: with detail `name_not_canonical`; the message says why.
    """
    if not isinstance(text, str):
        raise _refusal("it is not a text")
    if not text:
        raise _refusal("it is empty")
    if len(text) > MAX_NAME:
        raise _refusal(f"it has more than {MAX_NAME} characters")
    if text.isascii() and text.isprintable():
        return text
    for char in text:
        category = unicodedata.category(char)
        if category == "Cc":
            raise _refusal("it holds a control character")
        if category == "Cs":
            raise _refusal("it is not valid Unicode")
    if not unicodedata.is_normalized("NFC", text):
        raise _refusal("it is not in Unicode form NFC")
    return text


def _refusal(why: str) -> RequestError:
    return RequestError("name_not_canonical", f"the name is not canonical: {why}")
