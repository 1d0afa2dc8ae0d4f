"""Is a member of one language in none of several others? Layer: language (pure).

Of many negative languages few matter to one question. So a shortest text of the positive
language alone is looked for first; the negatives that take it join the search, and it is
repeated. The text that none of them takes is a shortest one, because the searches before it
left no shorter one; where a search finds no text, all negatives together leave none.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from wilkc.language.automata.model import Included, Inconclusive, Witness
from wilkc.language.automata.search import STEP, Search
from wilkc.language.buckets import Buckets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wilkc.language.automata.model import Language, Verdict

DEFAULT_BUDGET: Final = 100_000
"""Steps of one question, or as many comparisons as take as long: about a second."""
_PATIENCE: Final = 16
"""Texts that are put to all languages; making buckets takes about as long."""
_ROUNDS: Final = 12
"""Searches before all negatives that could matter join."""


class Negatives:
    """Languages whose members are not wanted, kept for many questions.

    Args:
        languages: in any order, with or without repetitions.
    """

    def __init__(self, languages: Iterable[Language]) -> None:
        held = {one.keys: one for one in languages}
        self.keys: set[frozenset[object]] = set(held)
        self._held = tuple(held.values())
        self._asked = 0

    def __eq__(self, other: object) -> bool:
        """Whether both hold the same languages."""
        return isinstance(other, Negatives) and self.keys == other.keys

    def __hash__(self) -> int:
        """What was worked out for some languages holds for the same ones."""
        return hash(self._names)

    @cached_property
    def _names(self) -> frozenset[frozenset[object]]:
        return frozenset(self.keys)

    def __iter__(self) -> Iterator[Language]:
        yield from self._held

    def taking(self, text: str) -> list[Language]:
        """Those of which a text is a member."""
        self._asked += 1
        if self._asked <= _PATIENCE:
            return [one for one in self._held if one.holds(text)]
        near = (self._held[place] for place in self._buckets.near(text))
        return [one for one in near if one.takes(text)]

    @cached_property
    def _buckets(self) -> Buckets:
        return Buckets((one.head, one.needle, one.tail) for one in self._held)


def difference(
    positive: Language,
    negatives: Negatives | Iterable[Language],
    *,
    budget: int = DEFAULT_BUDGET,
) -> Verdict:
    """A shortest member of the positive language that no negative one holds.

    Args:
        positive: what the text must be a member of; it names the universe too, for example
            as `CANONICAL_PATH & path_language(pattern)`.
        negatives: what it must not be a member of; `Negatives` where they are asked often.
        budget: how many steps may be made, over all searches; comparisons count as a fraction.

    Returns:
        `Included` only if there is no such text. `Inconclusive` if the budget was spent, or if
        only a text that is not canonical stands for all of its kind: the machines know nothing
        of Unicode's form NFC.
    """
    held = negatives if isinstance(negatives, Negatives) else Negatives(negatives)
    if _is_covered(positive, held):
        return Included()
    chosen: dict[frozenset[object], Language] = {}
    left = budget * STEP
    for number in range(_ROUNDS + 1):
        if number == _ROUNDS:
            chosen |= {one.keys: one for one in held if one.may_meet(positive)}
        search = Search(positive.machines, tuple(chosen.values()), left)
        text = search.shortest()
        left -= search.spent
        if left < 0:
            return Inconclusive("the patterns are too entangled to be compared within the budget")
        if text is None:
            return Included()
        if not positive.takes(text):
            return Inconclusive("only a text in an unusual Unicode form tells the patterns apart")
        hits = held.taking(text)
        if not hits:
            return Witness(text)
        chosen |= {one.keys: one for one in hits}
    return Inconclusive("the matching and the automata disagree")


def _is_covered(positive: Language, negatives: Negatives) -> bool:
    """Whether one of the negatives is, by name, the positive language or a larger one."""
    return any(frozenset({key}) in negatives.keys for key in positive.keys) or (
        positive.keys in negatives.keys
    )
