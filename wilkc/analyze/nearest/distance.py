"""How far a text is from an automaton's language, and what would have to change. Layer: analyze.

The distance is that of Levenshtein: the smallest number of code points to insert, delete or
exchange, over all members of the language. It is found by a cheapest walk (Dijkstra 1959)
through pairs of a place in the text and a state, so it is exact. Among walks of the same
distance the one counts that leaves the fewest code points to wildcards.
"""

from __future__ import annotations

import heapq
import sys
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from wilkc.analyze.nearest.automaton import (
    WORD,
    Edge,
    passes,
    shape_after,
)
from wilkc.language.atoms import CharClass, Literal
from wilkc.language.case import variants
from wilkc.language.globs import in_class

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wilkc.analyze.nearest.automaton import Automaton, Shape
    from wilkc.language.atoms import AnyOne

MAX_STEPS: Final = 1_000_000
"""Places looked at for one question, over all its rules; beyond it the answer is partial."""
_PLAIN: Final = "a0_~\u00e9\U0010fffd"
"""Stand for the code points that are neither a dot nor a hyphen."""


@dataclass(frozen=True, slots=True)
class Change:
    """A part of the text that the pattern does not take.

    Attributes:
        start: offset of its first code point.
        end: offset after the last; equal to `start` where something is missing.
        wanted: the written elements of the pattern that stand there, or empty.
    """

    start: int
    end: int
    wanted: str


@dataclass(frozen=True, slots=True)
class Alignment:
    """A cheapest way to make a text a member.

    Attributes:
        edits: the distance; 0 for a member.
        changes: from left to right; empty for a member.
    """

    edits: int
    changes: tuple[Change, ...]


class Budget:
    """Steps that are left for one question."""

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self.left = steps


class _Node(NamedTuple):
    place: int
    state: int
    shape: Shape


class _Step(NamedTuple):
    """How a node was reached; `edge` is None for a deletion, and for a jump with its node."""

    before: _Node
    edge: Edge | None
    consumed: bool
    edit: bool


def align(
    automaton: Automaton, text: str, budget: Budget, *, most: int | None = None, fold: bool = False
) -> Alignment | None:
    """The nearest member of the automaton's language to a text.

    Args:
        automaton: the language.
        text: what was asked for.
        budget: steps that may be made; what is made is taken off.
        most: no more edits than this are of interest.
        fold: compare by Unicode simple case folding.

    Returns:
        None where there is none within `most` edits, or the budget ran out.
    """
    return _Search(automaton, text, fold=fold).run(budget, most)


class _Search:
    def __init__(self, automaton: Automaton, text: str, *, fold: bool) -> None:
        self._automaton = automaton
        self._text = text
        self._fold = fold
        self._reached: dict[_Node, _Step] = {}
        self._costs: dict[_Node, tuple[int, int]] = {}
        self._heap: list[tuple[int, int, int, _Node]] = []
        self._count = 0

    def run(self, budget: Budget, most: int | None) -> Alignment | None:
        start = _Node(0, 0, WORD)
        self._costs[start] = (0, 0)
        heapq.heappush(self._heap, (0, 0, 0, start))
        while self._heap and budget.left > 0:
            edits, wild, _, node = heapq.heappop(self._heap)
            if (edits, wild) > self._costs[node]:
                continue
            if most is not None and edits > most:
                return None
            if node.place == len(self._text) and node.state == self._automaton.accept:
                return Alignment(edits, tuple(self._changes(node)))
            budget.left -= 1
            for after, step in self._steps(node):
                taken = step.edge is not None and step.edge.wild and step.consumed
                self._offer(after, step, (edits + step.edit, wild + taken))
        return None

    def _offer(self, node: _Node, step: _Step, cost: tuple[int, int]) -> None:
        held = self._costs.get(node)
        if held is None or cost < held:
            self._costs[node] = cost
            self._reached[node] = step
            self._count += 1
            heapq.heappush(self._heap, (*cost, self._count, node))

    def _steps(self, node: _Node) -> Iterator[tuple[_Node, _Step]]:
        place, state, shape = node
        for jump in self._automaton.jumps[state]:
            entered = passes(jump.guard, shape)
            if entered is not None:
                after = _Node(place, jump.target, entered)
                yield after, _Step(node, None, consumed=False, edit=False)
        char = self._text[place] if place < len(self._text) else None
        for edge in self._automaton.edges[state]:
            if char is not None and _takes(edge.takes, edge.barred, char, fold=self._fold):
                kept = shape_after(shape, char)
                if kept is not None:
                    after = _Node(place + 1, edge.target, kept)
                    yield after, _Step(node, edge, consumed=True, edit=False)
            for made in _shapes(edge, shape):
                inserted = _Node(place, edge.target, made)
                yield inserted, _Step(node, edge, consumed=False, edit=True)
                if char is not None:
                    exchanged = _Node(place + 1, edge.target, made)
                    yield exchanged, _Step(node, edge, consumed=True, edit=True)
        if char is not None:
            deleted = _Node(place + 1, state, shape)
            yield deleted, _Step(node, None, consumed=True, edit=True)

    def _changes(self, node: _Node) -> Iterator[Change]:
        steps: list[_Step] = []
        while node in self._reached:
            step = self._reached[node]
            if step.consumed or step.edit:
                steps.append(step)
            node = step.before
        place = 0
        for held in _runs(steps[::-1]):
            end = place + sum(step.consumed for step in held)
            if held[0].edit:
                groups = dict.fromkeys(_groups(held))
                wanted = "".join(self._automaton.groups[group] for group in groups)
                yield Change(place, end, wanted)
            place = end


def _runs(steps: Sequence[_Step]) -> list[list[_Step]]:
    """The steps in runs of edits, which begin with one, and runs of others.

    Two runs of edits are one where all that lies between them is of one written element.
    """
    runs: list[list[_Step]] = []
    for _, run in groupby(steps, key=lambda step: step.edit):
        held = list(run)
        joined = len(runs) > 1 and held[0].edit and runs[-2][0].edit
        if joined and set(_groups(runs[-1])) == {*_groups(runs[-2])[-1:]} == {*_groups(held)[:1]}:
            held = [*runs[-2], *runs[-1], *held]
            del runs[-2:]
        runs.append(held)
    return runs


def _groups(steps: Sequence[_Step]) -> list[int]:
    return [step.edge.group for step in steps if step.edge is not None]


def _takes(takes: Literal | AnyOne | CharClass, barred: str, char: str, *, fold: bool) -> bool:
    if char in barred:
        return False
    if isinstance(takes, Literal):
        return char in variants(takes.text) if fold else char == takes.text
    return not isinstance(takes, CharClass) or in_class(takes, char, fold=fold)


@lru_cache(maxsize=65_536)
def _shapes(edge: Edge, shape: Shape) -> tuple[Shape, ...]:
    """The shapes of a segment after some code point that the edge takes."""
    found = (shape_after(shape, char) for char in _samples(edge.takes, edge.barred))
    return tuple({one for one in found if one is not None})


@lru_cache(maxsize=4_096)
def _samples(takes: Literal | AnyOne | CharClass, barred: str) -> tuple[str, ...]:
    """A dot, a hyphen and another code point, as far as they are taken."""
    if isinstance(takes, Literal):
        return (takes.text,)
    pairs = takes.ranges if isinstance(takes, CharClass) else ()
    ends = [char for pair in pairs for char in pair]
    inside = [chr((ord(low) + ord(high)) // 2) for low, high in pairs]
    beyond = [chr(min(ord(char) + 1, sys.maxunicode)) for char in ends]
    found = dict.fromkeys((".", "-", *_PLAIN, *ends, *inside, *beyond))
    return tuple(char for char in found if _takes(takes, barred, char, fold=False))
