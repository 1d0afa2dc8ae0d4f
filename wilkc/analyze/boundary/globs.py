"""Texts at the edges of a glob. Layer: analyze (pure)."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from wilkc.language.atoms import AnyOne, CharClass, Glob, Literal, Star

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNS: Final = ("", "a", "a.b", ".", "-", "é", "A\n")
"""What a `*` is filled with; the first two make the plain member."""
ONES: Final = ("a", ".", "é", "\n", "😀")
MAX_TEXTS: Final = 48
"""Texts of one glob, beside their edits."""
MAX_EDITS: Final = 40
"""Edits of one text."""
EDITED_PLACES: Final = 6
"""Places of a long text that are edited, from either end."""
_FIRST: Final = "\1"
_LAST: Final = "\U0010ffff"
_SURROGATES: Final = range(0xD800, 0xE000)


@lru_cache(maxsize=16_384)
def glob_texts(glob: Glob) -> tuple[str, ...]:
    """Texts that take each atom empty, once and often, and each class at and beyond its edges.

    The first is a member where the glob has any; most of the others are.
    """
    choices = [_choices(atom) for atom in glob]
    plain = [options[0] for options in choices]
    found = ["".join(plain)]
    for place, options in enumerate(choices):
        found += ["".join((*plain[:place], one, *plain[place + 1 :])) for one in options[1:]]
    return tuple(dict.fromkeys(found))[:MAX_TEXTS]


@lru_cache(maxsize=16_384)
def edits(text: str) -> tuple[str, ...]:
    """Texts one edit away: case, dots, then each code point dropped, doubled and changed."""
    found = [f"{text}a", text.swapcase(), f".{text}", f"{text}.", f"a{text}", f"{text}\n", ""]
    found.append(unicodedata.normalize("NFD", text))
    for place in _places(len(text)):
        before, after = text[:place], text[place + 1 :]
        found += [before + after, f"{before}~{after}", f"{before}{text[place].swapcase()}{after}"]
    return tuple(one for one in dict.fromkeys(found) if one != text)[:MAX_EDITS]


def _places(length: int) -> Iterator[int]:
    yield from sorted({*range(length)[:EDITED_PLACES], *range(length)[-EDITED_PLACES:]})


def _choices(atom: Literal | Star | AnyOne | CharClass) -> tuple[str, ...]:
    if isinstance(atom, Literal):
        return (atom.text,)
    if isinstance(atom, Star):
        return ("a", *(run for run in RUNS if run != "a"))
    if isinstance(atom, AnyOne):
        return (*ONES, "", "aa")
    edges = [edge for low, high in atom.ranges for edge in (low, high)]
    beyond = [
        near
        for low, high in atom.ranges
        for near in (_moved(low, -1), _moved(high, 1))
        if near and not any(first <= near <= last for first, last in atom.ranges)
    ]
    held, other = (beyond, edges) if atom.negated else (edges, beyond)
    return (*dict.fromkeys((*held, *other)), "")


def _moved(char: str, step: int) -> str:
    code = ord(char) + step
    if not ord(_FIRST) <= code <= ord(_LAST) or code in _SURROGATES:
        return ""
    return chr(code)
