"""Sets of code points as sorted ranges. Layer: language (pure)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from wilkc.language.case import cased_variants, variants

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.language.atoms import CharClass

Charset = tuple[tuple[int, int], ...]
"""Inclusive ranges of code points, sorted, neither overlapping nor adjacent."""

LAST: Final = 0x10FFFF
EVERY: Final[Charset] = ((0, 0xD7FF), (0xE000, LAST))
"""Every code point that valid text holds: all but surrogates (Unicode, section 3.9)."""
CONTROLS: Final[Charset] = ((0, 0x1F), (0x7F, 0x9F))
"""General category Cc."""
REPLACED: Final[Charset] = (
    (0x1FBE, 0x1FBE), (0x1FD3, 0x1FD3), (0x1FE3, 0x1FE3), (0x2126, 0x2126), (0x212A, 0x212B),
)  # fmt: skip
"""Characters that fold like one that NFC replaces them by, such as KELVIN SIGN: no canonical
text holds one, though a folded pattern takes it."""


def charset(ranges: Iterable[tuple[int, int]]) -> Charset:
    """The union of ranges in any order."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return tuple(merged)


def without(held: Charset, taken: Charset) -> Charset:
    """The code points of the first set that the second does not hold."""
    for first, last in taken:
        held = tuple(
            part
            for low, high in held
            for part in ((low, min(high, first - 1)), (max(low, last + 1), high))
            if part[0] <= part[1]
        )
    return charset(held)


def both(one: Charset, other: Charset) -> Charset:
    """The code points that two sets share."""
    return without(one, without(EVERY, other))


@lru_cache(maxsize=4_096)
def chars(text: str, *, fold: bool = False) -> Charset:
    """The code points of a text, with those that fold alike where asked."""
    alike = {one for char in text for one in (variants(char) if fold else (char,))}
    return charset((ord(one), ord(one)) for one in alike)


@lru_cache(maxsize=4_096)
def class_chars(held: CharClass, *, fold: bool = False) -> Charset:
    """The code points of valid text that a class takes."""
    ranges = [(ord(low), ord(high)) for low, high in held.ranges]
    if fold:
        # A class takes what folds like one of its members.
        for low, high in held.ranges:
            ranges += [(ord(one), ord(one)) for one in cased_variants(low, high)]
    inside = charset(ranges)
    return without(EVERY, inside) if held.negated else both(inside, EVERY)
