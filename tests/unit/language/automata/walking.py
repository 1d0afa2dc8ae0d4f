"""Machines followed one character at a time, apart from the search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.language.automata.machines import START, states

if TYPE_CHECKING:
    from wilkc.language.automata import Language
    from wilkc.language.automata.charsets import Charset
    from wilkc.language.automata.machines import Machine


def holds(held: Charset, char: str) -> bool:
    """Whether a set has a character."""
    return any(low <= ord(char) <= high for low, high in held)


def accepts(machine: Machine, text: str) -> bool:
    """Whether a machine takes a text."""
    reached = START
    for char in text:
        after = entered = 0
        for place in states(reached):
            after |= machine.follow[place]
        for held, places in machine.entered:
            entered |= places if holds(held, char) else 0
        reached = after & entered
    return bool(reached & machine.last)


def machines_take(language: Language, text: str) -> bool:
    """Whether all machines of a language take a text."""
    return all(accepts(machine, text) for machine in language.machines)
