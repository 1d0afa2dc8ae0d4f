"""What two specs, one of each version, decide between them. Layer: analyze.

The first spec by name that grants a request decides under which limits and conditions. So what
a pair of specs has in common is theirs only where no spec before them grants it, and where none
of the blocks takes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wilkc.analyze.difference.asking import shortest_of
from wilkc.language.automata import Included, Inconclusive, Negatives, Witness

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from wilkc.analyze.difference.asking import Entry, Lists
    from wilkc.language.automata import Language

Named = tuple[str, str]
"""A spec of the one side and one of the other, by name."""


@dataclass(frozen=True, slots=True)
class Met:
    """A pair of specs that both grant something which none before them does.

    Attributes:
        entry: the allow of the one side.
        other: the allow of the other.
        verdict: a shortest text of both, or why there may be one.
    """

    entry: Entry
    other: Entry
    verdict: Witness | Inconclusive

    @property
    def pair(self) -> Named:
        """The names of the two specs."""
        return self.entry.spec.name, self.other.spec.name


def common(
    one: Lists,
    other: Lists,
    budget: int,
    *,
    wanted: Collection[Named] | None = None,
    without: Iterable[Language] = (),
) -> Iterator[Met]:
    """What both sides grant: each pair of specs that decides some of it, once.

    Args:
        one: the lists of the one side, in the order of its specs.
        other: those of the other.
        budget: steps of one question.
        wanted: the pairs that are asked about; all if None.
        without: what is left out besides.
    """
    pairs = _pairs(one, other)
    asked = pairs if wanted is None else pairs & {*wanted}
    blocked = (*one.blocking, *other.blocking, *without)
    own, others = _Own(one, budget), _Own(other, budget)
    held = {
        pair: Negatives((*blocked, *own.before(pair[0]), *others.before(pair[1]))) for pair in asked
    }
    unsure: dict[Named, Met] = {}
    for entry in one.allow:
        for another in _likeliest(entry, other):
            pair = (entry.spec.name, another.spec.name)
            if not held:
                return
            if pair not in held or own.is_taken(entry) or others.is_taken(another):
                continue
            met = tuple(
                first & second
                for first in entry.languages
                for second in another.languages
                if first.may_meet(second)
            )
            verdict = shortest_of(met, held[pair], budget)
            if isinstance(verdict, Witness):
                del held[pair]
                yield Met(entry, another, verdict)
            elif isinstance(verdict, Inconclusive):
                unsure.setdefault(pair, Met(entry, another, verdict))
    yield from (met for pair, met in unsure.items() if pair in held)


def _pairs(one: Lists, other: Lists) -> set[Named]:
    return {
        (entry.spec.name, another.spec.name)
        for entry in _by_spec(one).values()
        for another in _by_spec(other).values()
    }


def _by_spec(lists: Lists) -> dict[str, Entry]:
    return {entry.spec.name: entry for entry in lists.allow}


class _Own:
    """What each spec of a side grants that those before it do not."""

    def __init__(self, lists: Lists, budget: int) -> None:
        self._budget = budget
        self._before: dict[str, Negatives] = {}
        self._taken: dict[tuple[str, str], bool] = {}
        earlier: list[Language] = []
        for name in _by_spec(lists):
            self._before[name] = Negatives(earlier)
            earlier += (
                language
                for entry in lists.allow
                if entry.spec.name == name
                for language in entry.languages
            )

    def before(self, spec: str) -> Negatives:
        """What specs before one grant."""
        return self._before[spec]

    def is_taken(self, entry: Entry) -> bool:
        """Whether specs before that of an entry grant all that it does."""
        held = self._before[entry.spec.name]
        key = (entry.spec.name, entry.rule)
        if key not in self._taken:
            self._taken[key] = bool(held.keys) and isinstance(
                shortest_of(entry.languages, held, self._budget), Included
            )
        return self._taken[key]


def _likeliest(entry: Entry, other: Lists) -> Iterator[Entry]:
    """The allows of the other side; those with a form in common come first."""
    keys = {one.keys for one in entry.languages}
    alike = [one for one in other.allow if any(each.keys in keys for each in one.languages)]
    yield from alike
    yield from (one for one in other.allow if one not in alike)
