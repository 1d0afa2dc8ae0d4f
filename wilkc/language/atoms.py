"""The glob operators that paths, names and arguments share. Layer: language (pure).

An atom stands for part of one segment. Which characters `*`, `?` and a class may take is
decided by the language that holds them: in a path never `/`, in a name any character.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

Effect = str
"""`allow` or `block`: the kind of list a pattern stands in, which decides its position."""

ALLOW: Final[Effect] = "allow"
BLOCK: Final[Effect] = "block"


@dataclass(frozen=True, slots=True)
class Literal:
    """A run of one or more code points that match themselves."""

    text: str


@dataclass(frozen=True, slots=True)
class Star:
    """`*`: any run of code points, maybe empty."""


@dataclass(frozen=True, slots=True)
class AnyOne:
    """`?`: exactly one code point."""


@dataclass(frozen=True, slots=True)
class CharClass:
    """`[a-z_]` or `[!a-z_]`: exactly one code point inside, or outside, the ranges.

    Attributes:
        ranges: inclusive pairs of single code points, sorted, not overlapping.
        negated: whether the class takes what the ranges do not hold.
    """

    ranges: tuple[tuple[str, str], ...]
    negated: bool


Atom = Literal | Star | AnyOne | CharClass
Glob = tuple[Atom, ...]
"""Atoms in order; adjacent literals and adjacent stars are merged."""
