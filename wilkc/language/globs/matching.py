"""Whether a text is a member of a glob. Layer: language (pure, the reference meaning)."""

from __future__ import annotations

from wilkc.language.atoms import AnyOne, Atom, CharClass, Glob, Literal, Star
from wilkc.language.case import variants


def glob_matches(glob: Glob, text: str, *, fold: bool = False) -> bool:
    """Whether the whole text is a member.

    After a mismatch the walk returns to the last star only, and lets it take one code point
    more: an earlier star could take no text that the last one cannot. So each code point is
    compared with each character of the glob at most once.

    Args:
        glob: the atoms.
        text: any text, also an empty one.
        fold: compare by Unicode simple case folding.
    """
    if glob and not fold and isinstance(glob[0], Literal):
        if len(glob) == 1:
            return text == glob[0].text
        if not text.startswith(glob[0].text):
            return False
    place = index = 0
    star, mark = -1, 0
    while place < len(glob) or index < len(text):
        atom = glob[place] if place < len(glob) else None
        if isinstance(atom, Star):
            star, mark = place, index
            place += 1
        elif atom is not None and _takes(atom, text, index, fold=fold):
            index += len(atom.text) if isinstance(atom, Literal) else 1
            place += 1
        elif star >= 0 and mark < len(text):
            mark += 1
            place, index = star + 1, mark
        else:
            return False
    return True


def in_class(char_class: CharClass, char: str, *, fold: bool = False) -> bool:
    """Whether a code point belongs to a class."""
    candidates = variants(char) if fold else (char,)
    inside = any(low <= one <= high for one in candidates for low, high in char_class.ranges)
    return inside != char_class.negated


def _takes(atom: Atom, text: str, index: int, *, fold: bool) -> bool:
    """Whether an atom that is no star takes what stands at this place of the text."""
    if isinstance(atom, Literal):
        if not fold:
            return text.startswith(atom.text, index)
        given = text[index : index + len(atom.text)]
        return len(given) == len(atom.text) and all(
            one in variants(wanted) for wanted, one in zip(atom.text, given, strict=True)
        )
    if index >= len(text):
        return False
    return isinstance(atom, AnyOne) or (
        isinstance(atom, CharClass) and in_class(atom, text[index], fold=fold)
    )
