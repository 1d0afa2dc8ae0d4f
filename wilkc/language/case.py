"""Unicode simple case folding. Layer: language (pure).

Source: Unicode Standard, CaseFolding.txt, status C and S. Python knows full folding; where
that gives more than one code point the simple one is the lower-case mapping if it has one
code point, and otherwise the character itself, but for the three that Unicode 15.1 added.
Letters that a newer Python knows and an older one does not fold only in the newer.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import Final

_LOOK_ALIKES: Final = {"K": "\u212a", "k": "\u212a", "S": "\u017f", "s": "\u017f"}
"""KELVIN SIGN and LATIN SMALL LETTER LONG S, the two beyond ASCII that fold into it."""
_ASCII: Final = {
    chr(number): tuple(
        sorted({chr(number).upper(), chr(number).lower(), *_LOOK_ALIKES.get(chr(number), "")})
    )
    for number in range(128)
}
"""The classes of ASCII characters, which most patterns do with: the whole table takes long."""
LAST_CASED: Final = 0x1E943
"""The last code point with a case mapping (ADLAM SMALL LETTER SHA)."""
_ADDED: Final = {"\u1fd3": "\u0390", "\u1fe3": "\u03b0", "\ufb05": "\ufb06"}
"""Simple foldings of Unicode 15.1 that no mapping of a single code point tells."""


def fold_char(char: str) -> str:
    """The simple case folding of one code point."""
    for folded in (char.casefold(), char.lower()):
        if len(folded) == 1:
            return folded if folded != char else _ADDED.get(char, char)
    return char


def fold_text(text: str) -> str:
    """The simple case folding of every code point of a text; its length does not change."""
    return "".join(map(fold_char, text))


def variants(char: str) -> tuple[str, ...]:
    """All code points with the same folding as this one, sorted; itself among them."""
    return _ASCII[char] if char in _ASCII else _classes().get(char, (char,))


@cache
def _classes() -> dict[str, tuple[str, ...]]:
    members: dict[str, list[str]] = defaultdict(list)
    for number in range(LAST_CASED + 1):
        char = chr(number)
        members[fold_char(char)].append(char)
    return {char: tuple(chars) for chars in members.values() if len(chars) > 1 for char in chars}


def cased_variants(low: str, high: str) -> tuple[str, ...]:
    """The variants of every cased code point from `low` to `high`, sorted, once each."""
    table = _classes()
    found = {variant for char, chars in table.items() if low <= char <= high for variant in chars}
    return tuple(sorted(found))
