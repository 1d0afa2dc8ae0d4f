"""What lists of patterns grant that others do not. Layer: analyze. LANGUAGE.md section 11.

Effective access is the union of what each spec allows, without what any of them blocks. What
one version grants and the other does not is therefore, for each allow of the one, what
remains without its blocks and without the allows of the other, and besides what the blocks of
the other alone take away. Each is one question to the automata.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from wilkc.language.automata import Included, Inconclusive, Negatives, Witness, difference

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from wilkc.language.automata import Language, Verdict
    from wilkc.plan import SpecPlan


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of an allow or block list as languages.

    Attributes:
        spec: whose it is.
        rule: its id.
        languages: one for each explicit form; of an allow with everything else that the
            requests must meet, such as a canonical form or an extension.
    """

    spec: SpecPlan
    rule: str
    languages: tuple[Language, ...]

    def takes(self, text: str) -> bool:
        """Whether one of its forms takes a text."""
        return any(one.holds(text) for one in self.languages)


@dataclass(frozen=True)
class Lists:
    """All allows and all blocks of a side, for one type and action."""

    allow: tuple[Entry, ...] = ()
    block: tuple[Entry, ...] = ()

    @property
    def allowing(self) -> Iterator[Language]:
        """The languages of all allows."""
        return (language for entry in self.allow for language in entry.languages)

    @property
    def blocking(self) -> Iterator[Language]:
        """The languages of all blocks."""
        return (language for entry in self.block for language in entry.languages)

    @cached_property
    def blocked(self) -> Negatives:
        """What the blocks take away, for many questions."""
        return Negatives(self.blocking)

    def of(self, specs: Container[str]) -> Lists:
        """The allows of some specs, beside all blocks, which hold for all of them."""
        return Lists(tuple(one for one in self.allow if one.spec.name in specs), self.block)


@dataclass(frozen=True, slots=True)
class Surplus:
    """What an entry grants beyond the other version.

    Attributes:
        entry: the allow.
        verdict: a shortest text, or why there may be one.
        block: the block of the other version that took it away, where only that differs.
    """

    entry: Entry
    verdict: Witness | Inconclusive
    block: Entry | None = None


def surplus(to: Lists, base: Lists, budget: int) -> Iterator[Surplus]:
    """Everything that `to` grants and `base` does not.

    Each request of it is taken by the entry of an answer; an entry whose share lies wholly in
    those of earlier ones has none, so that each answer names the entry that decides.
    """
    yield from _by_allow(to, base, budget)
    yield from _by_block(to, base, budget)


def _by_allow(to: Lists, base: Lists, budget: int) -> Iterator[Surplus]:
    held = Negatives((*to.blocking, *base.allowing))
    fresh: list[Entry] = []
    for entry in to.allow:
        verdict = shortest_of(entry.languages, held, budget)
        if isinstance(verdict, Witness) and any(one.takes(verdict.text) for one in fresh):
            earlier = (language for one in fresh for language in one.languages)
            verdict = shortest_of(entry.languages, Negatives((*held, *earlier)), budget)
        if not isinstance(verdict, Included):
            fresh.append(entry)
            yield Surplus(entry, verdict)


def _by_block(to: Lists, base: Lists, budget: int) -> Iterator[Surplus]:
    held = to.blocked
    for block in base.block if to.allow else ():
        left = [
            one
            for one in block.languages
            if one.keys not in held.keys
            and not isinstance(difference(one, held, budget=budget), Included)
        ]
        found = _first_met(to, left, held, budget) if left else None
        if found is not None:
            yield Surplus(*found, block)


def _first_met(
    to: Lists, left: list[Language], held: Negatives, budget: int
) -> tuple[Entry, Witness | Inconclusive] | None:
    """The first allow that grants something in these languages."""
    for entry in to.allow:
        met = tuple(one & other for one in entry.languages for other in left if one.may_meet(other))
        verdict = shortest_of(met, held, budget)
        if not isinstance(verdict, Included):
            return entry, verdict
    return None


def shortest_of(languages: tuple[Language, ...], held: Negatives, budget: int) -> Verdict:
    """The shortest of what the languages have beyond the held ones."""
    best: Verdict = Included()
    for language in languages:
        verdict = difference(language, held, budget=budget)
        if isinstance(verdict, Witness):
            shorter = not isinstance(best, Witness) or len(verdict.text) < len(best.text)
            best = verdict if shorter else best
        elif isinstance(verdict, Inconclusive) and isinstance(best, Included):
            best = verdict
    return best
