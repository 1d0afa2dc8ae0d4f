"""Which of many patterns may take a text; none that does is missed. Layer: language (pure).

What stands between the wildcards of a pattern stands in every text that it takes, and so do
any three characters of that in a row. Looking for those is cheap; whether a pattern that is
left takes the text is for its matching to say.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_LENGTH: Final = 3
_EVERY: Final = ""
"""The bucket of patterns that fix no three characters in a row."""
_FEW: Final = 16
"""So many patterns are looked at one by one in less time than their buckets take to be made."""


class Buckets:
    """Patterns, each under the three characters that the fewest others have.

    Args:
        patterns: for each pattern its runs: what the texts begin with, what they hold, and what
            they end with; a single run is both beginning and end.
    """

    def __init__(self, patterns: Iterable[Sequence[str]]) -> None:
        held = tuple(patterns)
        self._held: dict[str, list[tuple[int, Sequence[str]]]] = {}
        self._few = len(held) <= _FEW
        if self._few:
            self._held[_EVERY] = list(enumerate(held))
            return
        keys = [{key for run in runs for key in _triples(run)} for runs in held]
        count = Counter(key for found in keys for key in found)
        for place, (runs, found) in enumerate(zip(held, keys, strict=True)):
            rarest = min(found, key=lambda key: (count[key], key), default=_EVERY)
            self._held.setdefault(rarest, []).append((place, runs))

    def near(self, text: str) -> list[int]:
        """The places of all patterns that take the text, and of few others, in order."""
        return sorted(
            place
            for key in ((_EVERY,) if self._few else {_EVERY, *_triples(text)})
            for place, runs in self._held.get(key, ())
            if _holds(text, runs)
        )


def _triples(text: str) -> Iterator[str]:
    return (text[place : place + _LENGTH] for place in range(len(text) - _LENGTH + 1))


def _holds(text: str, runs: Sequence[str]) -> bool:
    """Whether a text begins and ends as it must, and holds what must stand in it."""
    return (
        text.startswith(runs[0])
        and text.endswith(runs[-1])
        and all(run in text for run in runs[1:-1])
    )
