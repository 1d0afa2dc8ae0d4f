"""A shortest text that some machines take and others do not. Layer: language (pure).

A text leads to a set of states of each machine. Where it leads is left out if another led to
the same states of the positive machines and to a subset of the negative ones' before: whatever
escapes the negatives from here does so from there as well (M. De Wulf, L. Doyen, T. A.
Henzinger, J.-F. Raskin, "Antichains: a new algorithm for checking universality of finite
automata", CAV 2006). The walk goes on where the shortest text may still come from, by the
fewest characters that the positive machines demand (P. E. Hart, N. J. Nilsson, B. Raphael, "A
formal basis for the heuristic determination of minimum cost paths", 1968), so the first text
found is a shortest one.
"""

from __future__ import annotations

from operator import and_
from typing import TYPE_CHECKING, Final, NamedTuple

from wilkc.language.automata.alphabet import alphabet
from wilkc.language.automata.machines import FAR, START, states

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wilkc.language.automata.alphabet import Alphabet
    from wilkc.language.automata.machines import Machine
    from wilkc.language.automata.model import Language

_Places = tuple[int, ...]
STEP: Final = 64
"""Comparisons that take about as long as one step."""


class _Reached(NamedTuple):
    """Where one text leads: the states of each positive machine, and of the negative ones."""

    places: _Places
    negative: int
    text: str


class _Walk:
    """A machine, and what was worked out about sets of its states."""

    def __init__(self, follow: Sequence[int], remaining: Sequence[int]) -> None:
        self._follow = follow
        self._remaining = remaining
        self._known: dict[int, tuple[int, int]] = {}

    def at(self, held: int) -> tuple[int, int]:
        """The states that may come next, and the fewest characters up to an end."""
        found = self._known.get(held)
        if found is None:
            after, nearest = 0, FAR
            for place in states(held):
                after |= self._follow[place]
                nearest = min(nearest, self._remaining[place])
            found = self._known[held] = (after, nearest)
        return found


class Search:
    """One search. All negative machines together are one, whose states are bits.

    Args:
        positives: machines each of which must take the text.
        negatives: languages none of which may hold it.
        budget: how many comparisons may be made, a step counted as `STEP`.

    Attributes:
        spent: what was counted so; more than the budget if the search was given up.
    """

    def __init__(
        self, positives: Sequence[Machine], negatives: Sequence[Language], budget: int
    ) -> None:
        self.spent = 0
        self._budget = budget
        self._positives = positives
        self._walks = [_Walk(machine.follow, machine.remaining) for machine in positives]
        self._negatives = [machine for language in negatives for machine in language.machines]
        self._moves = tuple(self._entering(alphabet((*positives, *self._negatives))))
        self._ends: list[list[int]] = []
        self._start = 0
        follow: list[int] = []
        for language in negatives:
            ends = []
            for machine in language.machines:
                offset = len(follow)
                self._start |= START << offset
                ends.append(machine.last << offset)
                follow += [held << offset for held in machine.follow]
            self._ends.append(ends)
        self._others = _Walk(follow, [0] * len(follow))
        self._any_end = 0
        for ends in self._ends:
            self._any_end |= ends[0]

    def shortest(self) -> str | None:
        """The text, or None if there is none or the budget is spent."""
        met: dict[_Places, list[int]] = {}
        waiting: dict[int, list[_Reached]] = {}
        first = self._first()
        self._wait(waiting, first)
        length = self._remaining(first.places)
        while waiting and self.spent <= self._budget:
            # Texts through what waits here are at least this long.
            while not (level := waiting.get(length)):
                waiting.pop(length, None)
                if not waiting:
                    return None
                length = min(waiting)
            reached = level.pop()
            if self._is_pruned(met.setdefault(reached.places, []), reached.negative):
                continue
            if self._is_found(reached):
                return reached.text
            met[reached.places].append(reached.negative)
            for after in self._steps(reached):
                self._wait(waiting, after)
        return None

    def _first(self) -> _Reached:
        return _Reached((START,) * len(self._positives), self._start, "")

    def _wait(self, waiting: dict[int, list[_Reached]], reached: _Reached) -> None:
        remaining = self._remaining(reached.places)
        if remaining < FAR:
            waiting.setdefault(len(reached.text) + remaining, []).append(reached)

    def _remaining(self, places: _Places) -> int:
        """The fewest characters that the positive machines still demand."""
        remaining = 0
        for walk, held in zip(self._walks, places, strict=True):
            remaining = max(remaining, walk.at(held)[1])
        return remaining

    def _steps(self, reached: _Reached) -> list[_Reached]:
        """What comes one character later; what reads best comes last, as it is taken first."""
        follow = [walk.at(held)[0] for walk, held in zip(self._walks, reached.places, strict=True)]
        after, _ = self._others.at(reached.negative)
        found: dict[tuple[_Places, int], str] = {}
        for char, entered, others in self._moves:
            places = tuple(map(and_, follow, entered))
            if all(places):
                # Of characters that lead to the same the one that reads best stands for all.
                found.setdefault((places, after & others), char)
        # Looking at a character or a state takes about as long as a comparison.
        self.spent += STEP * len(found) + len(self._moves) + reached.negative.bit_count()
        return [
            _Reached(places, negative, reached.text + char)
            for (places, negative), char in reversed(found.items())
        ]

    def _entering(self, letters: Alphabet) -> Iterator[tuple[str, _Places, int]]:
        """Each character with the states of each positive machine, and of the negative one."""
        for minterm in letters.minterms:
            positive = tuple(letters.enters(machine, minterm) for machine in self._positives)
            if all(positive):
                negative = offset = 0
                for machine in self._negatives:
                    negative |= letters.enters(machine, minterm) << offset
                    offset += len(machine.follow)
                yield minterm.char, positive, negative

    def _is_pruned(self, met: list[int], negative: int) -> bool:
        for place, other in enumerate(met):
            if other & negative == other:
                self.spent += place
                return True
        self.spent += len(met)
        return False

    def _is_found(self, reached: _Reached) -> bool:
        if self._remaining(reached.places):
            return False
        negative = reached.negative
        if not negative & self._any_end:
            return True
        return not any(all(negative & end for end in ends) for ends in self._ends)
