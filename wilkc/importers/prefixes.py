"""Rules about how a command begins, in the words of a spec. Layer: importers (pure)."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

NOT_PLAIN: Final = "it holds more than plain words with one blank between them"
"""Why a prefix is not carried over whose words are unclear."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")


def allowed_prefix(words: Sequence[str]) -> str:
    """The entry that allows commands that begin with these words; at least one word."""
    return " ".join([*map(shlex.quote, words), "*"])


def blocked_prefix(words: Sequence[str]) -> str:
    """The entry that blocks them: a block compares the last part of a program's path."""
    return " ".join(map(shlex.quote, (words[0].rsplit("/", 1)[-1], *words[1:])))


def plain_words(text: str) -> tuple[tuple[str, ...], bool]:
    """The words that a raw text begins with, as far as every shell reads them alike.

    Returns:
        The words before the first with quotes, operators or wildcards in it, and whether those are
        all of the text, with one blank between them.
    """
    words = text.split(" ")
    taken = []
    for word in words:
        if not _PLAIN.fullmatch(word):
            break
        taken.append(word)
    return tuple(taken), len(taken) == len(words)
