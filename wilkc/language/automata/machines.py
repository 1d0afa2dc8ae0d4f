"""Position automata and how they are put together. Layer: language (pure).

Glushkov's construction (V. M. Glushkov, "The abstract theory of automata", 1961): a state for
each place of the expression, entered only by that place's characters, and no empty moves. So
one integer holds a set of states, and a step is a look-up and an intersection.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, reduce
from operator import or_
from typing import TYPE_CHECKING, Final

from wilkc.language.automata.charsets import chars

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.language.automata.charsets import Charset

START: Final = 1
"""The set that holds the first state alone."""
FAR: Final = 1 << 30
"""More characters than any text has."""


@dataclass(frozen=True, eq=False)
class Machine:
    """A position automaton; state 0 is the start, which nothing enters.

    Attributes:
        follow: for each state the set of states that may come after it.
        last: the set of states in which a text may end.
        entered: each set of characters with the set of states that it enters.
    """

    follow: tuple[int, ...]
    last: int
    entered: tuple[tuple[Charset, int], ...]

    @cached_property
    def remaining(self) -> tuple[int, ...]:
        """For each state the fewest characters that may still come; `FAR` if no end is near."""
        found = [0 if self.last >> place & 1 else FAR for place in range(len(self.follow))]
        changed = True
        while changed:
            changed = False
            for place in range(len(found) - 1, -1, -1):
                nearest = min((found[after] for after in states(self.follow[place])), default=FAR)
                if nearest + 1 < found[place]:
                    found[place] = nearest + 1
                    changed = True
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Fragment:
    """A part of an expression under construction; to be used once."""

    first: int
    last: int
    empty: bool


NOTHING: Final = Fragment(0, 0, empty=True)
"""The empty text."""


@dataclass(slots=True)
class Builder:
    """Makes the states of one machine, fragment by fragment."""

    _classes: list[Charset] = field(default_factory=lambda: [()])
    _follow: list[int] = field(default_factory=lambda: [0])

    def one(self, held: Charset) -> Fragment:
        """One character of a set; of an empty set, nothing."""
        state = 1 << len(self._classes)
        self._classes.append(held)
        self._follow.append(0)
        return Fragment(state, state, empty=False)

    def text(self, text: str, *, fold: bool = False) -> Fragment:
        """Exactly a text, or what folds like it."""
        return self.sequence(*(self.one(chars(char, fold=fold)) for char in text))

    def run(self, held: Charset) -> Fragment:
        """Any number of characters of a set."""
        return self.repeat(self.one(held))

    def sequence(self, *parts: Fragment) -> Fragment:
        """One fragment after the other."""
        whole = NOTHING
        for part in parts:
            self._join(whole.last, part.first)
            whole = Fragment(
                whole.first | part.first if whole.empty else whole.first,
                whole.last | part.last if part.empty else part.last,
                empty=whole.empty and part.empty,
            )
        return whole

    def either(self, *parts: Fragment) -> Fragment:
        """One of several fragments."""
        return Fragment(
            reduce(or_, (part.first for part in parts), 0),
            reduce(or_, (part.last for part in parts), 0),
            empty=any(part.empty for part in parts),
        )

    def repeat(self, part: Fragment) -> Fragment:
        """A fragment any number of times."""
        self._join(part.last, part.first)
        return Fragment(part.first, part.last, empty=True)

    def machine(self, whole: Fragment) -> Machine:
        """The automaton of the finished expression."""
        entered: dict[Charset, int] = {}
        for place, held in enumerate(self._classes[1:], start=1):
            entered[held] = entered.get(held, 0) | 1 << place
        follow = (whole.first, *self._follow[1:])
        return Machine(follow, whole.last | whole.empty, tuple(entered.items()))

    def _join(self, before: int, after: int) -> None:
        for place in states(before):
            self._follow[place] |= after


def states(held: int) -> Iterator[int]:
    """The numbers of the states in a set."""
    while held:
        lowest = held & -held
        yield lowest.bit_length() - 1
        held ^= lowest
