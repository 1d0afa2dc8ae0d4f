"""Globs as fragments of an automaton. Layer: language (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.language.atoms import AnyOne, Glob, Literal, Star
from wilkc.language.automata.charsets import both, chars, class_chars

if TYPE_CHECKING:
    from wilkc.language.automata.charsets import Charset
    from wilkc.language.automata.machines import Builder, Fragment


def glob_fragment(builder: Builder, glob: Glob, held: Charset, *, fold: bool = False) -> Fragment:
    """The texts of a glob.

    Args:
        builder: makes the states.
        glob: the atoms.
        held: the characters that `*`, `?` and classes take from.
        fold: compare by Unicode simple case folding.
    """
    parts = []
    for atom in glob:
        if isinstance(atom, Literal):
            parts += [builder.one(chars(char, fold=fold)) for char in atom.text]
        elif isinstance(atom, Star):
            parts.append(builder.run(held))
        elif isinstance(atom, AnyOne):
            parts.append(builder.one(held))
        else:
            parts.append(builder.one(both(class_chars(atom, fold=fold), held)))
    return builder.sequence(*parts)


def is_starry(glob: Glob) -> bool:
    """Whether a glob takes any text, the empty one included."""
    return all(isinstance(atom, Star) for atom in glob)


def literal_head(glob: Glob) -> str:
    """What every text of a glob begins with."""
    return glob[0].text if glob and isinstance(glob[0], Literal) else ""


def literal_tail(glob: Glob) -> str:
    """What every text of a glob ends with."""
    return glob[-1].text if glob and isinstance(glob[-1], Literal) else ""


def is_literal(glob: Glob) -> bool:
    """Whether a glob has exactly one text, which is not empty."""
    return len(glob) == 1 and isinstance(glob[0], Literal)
