"""Patterns as RE2 expressions. Layer: emit. design: OPA's regular expressions are Go's RE2.

The sources carry no anchors. Every character but letters and digits is written as a class
or a hexadecimal escape, so that no text can leave its literal. Code points that fold alike
become a class, because OPA folds only some of them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from wilkc.language.atoms import AnyOne, CharClass, Glob, Literal, Star
from wilkc.language.case import cased_variants, variants
from wilkc.language.paths import GLOBSTAR, PathPattern

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.language.names import NamePattern


class _Escapes(dict[int, str]):
    """Code point to its RE2 source, for `str.translate`; filled as code points are met."""

    def __missing__(self, number: int) -> str:
        char = chr(number)
        plain = char.isascii() and char.isalnum()
        self[number] = char if plain else rf"\x{{{number:x}}}"
        return self[number]


_ESCAPES: Final = _Escapes()
CACHED_TEXTS: Final = 16_384
"""Names of folders, suffixes and words return in most specs."""
LAST_CODE_POINT: Final = "\U0010ffff"
SURROGATES: Final = ("\ud800", "\udfff")
SEGMENT_CHAR: Final = "[^/]"
NAME_CHAR: Final = r"[\x{0}-\x{10ffff}]"
ANY_SEGMENTS: Final = "(?:/[^/]+)*"
ANY_TAIL: Final = f"(?:[^/]+{ANY_SEGMENTS})?"


def path_regex(pattern: PathPattern, *, fold: bool = False) -> str:
    """RE2 source that matches exactly the canonical paths that the pattern takes."""
    body = "".join(
        [
            ANY_SEGMENTS if part is GLOBSTAR else "/" + _segment(part, fold=fold)
            for part in pattern.parts
        ]
    )
    if pattern.root != "/":
        return char_regex(pattern.root) + body
    if pattern.parts in {(), (GLOBSTAR,)}:
        # Here alone the root itself is a member, and only the root's text ends in a slash.
        return f"/{ANY_TAIL if pattern.parts else ''}"
    return body


def name_regex(pattern: NamePattern, *, fold: bool = False) -> str:
    """RE2 source that matches exactly the names that the pattern takes."""
    return _glob(pattern.glob, NAME_CHAR, "", fold=fold)


def glob_regex(glob: Glob, *, any_char: str, without: str) -> str:
    """RE2 source of one glob.

    Args:
        glob: the atoms.
        any_char: source of the class that `?` and `*` take from.
        without: the character that classes never take, or empty.
    """
    return _glob(glob, any_char, without, fold=False)


def char_regex(char: str) -> str:
    """RE2 source that matches one code point and no other."""
    return _ESCAPES[ord(char)]


@lru_cache(maxsize=CACHED_TEXTS)
def text_regex(text: str) -> str:
    """RE2 source that matches one text and no other."""
    return text.translate(_ESCAPES)


def _segment(glob: Glob, *, fold: bool) -> str:
    """A segment is never empty, also where every atom may take nothing."""
    if not glob or (isinstance(glob[0], Star) and all(isinstance(atom, Star) for atom in glob)):
        return f"{SEGMENT_CHAR}+"
    return _glob(glob, SEGMENT_CHAR, "/", fold=fold)


def _glob(glob: Glob, any_char: str, without: str, *, fold: bool) -> str:
    pieces: list[str] = []
    for atom in glob:
        if isinstance(atom, Literal):
            pieces.append("".join(map(_folded, atom.text)) if fold else text_regex(atom.text))
        elif isinstance(atom, CharClass):
            pieces.append(_class(atom, without, fold=fold))
        else:
            pieces.append(any_char if isinstance(atom, AnyOne) else f"{any_char}*")
    return "".join(pieces)


def _folded(char: str) -> str:
    alike = variants(char)
    return char_regex(char) if len(alike) == 1 else f"[{''.join(map(char_regex, alike))}]"


def _class(atom: CharClass, without: str, *, fold: bool) -> str:
    """A class with the separator cut out; a class of nothing matches nothing."""
    ranges = list(atom.ranges)
    if fold:
        ranges += [(one, one) for low, high in atom.ranges for one in cased_variants(low, high)]
    held = _sorted(ranges)
    if atom.negated:
        held = _complement(held)
    for low, high in ([(without, without)] if without else []) + [SURROGATES]:
        held = _cut(held, low, high)
    if not held:
        return r"[^\x{0}-\x{10ffff}]"
    return "[" + "".join(_range(low, high) for low, high in held) + "]"


def _range(low: str, high: str) -> str:
    first = rf"\x{{{ord(low):x}}}"
    return first if low == high else rf"{first}-\x{{{ord(high):x}}}"


def _sorted(ranges: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    merged: list[tuple[str, str]] = []
    for low, high in sorted(ranges):
        if merged and ord(low) <= ord(merged[-1][1]) + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return merged


def _complement(ranges: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """What sorted ranges leave of all code points."""
    held: list[tuple[str, str]] = []
    start = 0
    for low, high in ranges:
        if ord(low) > start:
            held.append((chr(start), chr(ord(low) - 1)))
        start = ord(high) + 1
    if start <= ord(LAST_CODE_POINT):
        held.append((chr(start), LAST_CODE_POINT))
    return held


def _cut(ranges: Iterable[tuple[str, str]], first: str, last: str) -> list[tuple[str, str]]:
    """Sorted ranges without those code points."""
    held = []
    for low, high in ranges:
        if low < first:
            held.append((low, min(high, chr(ord(first) - 1))))
        if high > last:
            held.append((max(low, chr(ord(last) + 1)), high))
    return [(low, high) for low, high in held if low <= high]
