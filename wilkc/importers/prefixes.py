"""Rules about how a command begins, in the words of a spec. Layer: importers (pure)."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.importers.draft import Draft

NOT_PLAIN: Final = "it holds more than plain words with one blank between them"
"""Why a prefix is not carried over whose words are unclear."""
_END: Final = "--"
_PLAIN: Final = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")


def allowed_prefix(words: Sequence[str]) -> str:
    """The entry that allows commands that begin with these words; at least one word."""
    return " ".join([*map(shlex.quote, words), "*"])


def block_prefix(draft: Draft, words: Sequence[str], place: str, shown: str) -> None:
    """Block commands that begin with these words, or more; at least one word.

    A block compares the last part of a program's path.
    """
    kept, wider = before_end(words)
    entry = " ".join(map(shlex.quote, (kept[0].rsplit("/", 1)[-1], *kept[1:])))
    draft.block("shell.blocked_commands", entry, place, shown=shown, wider=wider)


def before_end(words: Sequence[str]) -> tuple[Sequence[str], str]:
    """The words that a block can say, and why not all of them, or empty.

    A block takes its options for those before a `--`, so that it never met one behind it.
    """
    for at, word in enumerate(words):
        if at and word == _END and any(one.startswith("-") for one in words[at + 1 :]):
            return words[:at], cut_before(word)
    return words, ""


def cut_before(word: str) -> str:
    """Why a block says fewer words than a rule."""
    return f"the rule is cut before `{word}`"


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
