"""Which of many patterns may take a path; none that does is missed. Layer: language (pure).

What stands between the wildcards of a pattern stands in every path that it takes, and so do
any three characters of that in a row. Looking for those is cheap; whether a pattern that is
left takes the path is for `path_matches` to say.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from wilkc.language.atoms import Literal
from wilkc.language.case import fold_text
from wilkc.language.paths.model import GLOBSTAR

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wilkc.language.paths.model import Part, Path, PathPattern

_WILD: Final = "\0"
"""Stands for a wildcard; no path holds it."""
_LENGTH: Final = 3
_EVERY: Final = ""
"""The bucket of patterns that fix no three characters in a row."""


class PathBuckets:
    """Patterns, each under the three characters that the fewest others have.

    Args:
        patterns: explicit patterns.
        fold: whether they are compared by Unicode simple case folding.
    """

    def __init__(self, patterns: Iterable[PathPattern], *, fold: bool = False) -> None:
        self._fold = fold
        self._held: dict[str, list[tuple[int, Sequence[str]]]] = {}
        held = [self._read(_text(one)).split(_WILD) for one in patterns]
        keys = [{key for run in runs for key in _triples(run)} for runs in held]
        count = Counter(key for found in keys for key in found)
        for place, (runs, found) in enumerate(zip(held, keys, strict=True)):
            rarest = min(found, key=lambda key: (count[key], key), default=_EVERY)
            self._held.setdefault(rarest, []).append((place, runs))

    def near(self, path: Path) -> list[int]:
        """The places of all patterns that take the path, and of few others, in order."""
        text = self._read(str(path))
        return sorted(
            place
            for key in {_EVERY, *_triples(text)}
            for place, runs in self._held.get(key, ())
            if _holds(text, runs)
        )

    def _read(self, text: str) -> str:
        return fold_text(text) if self._fold else text


def _triples(text: str) -> Iterable[str]:
    return (text[place : place + _LENGTH] for place in range(len(text) - _LENGTH + 1))


def _text(pattern: PathPattern) -> str:
    """The text of the paths that a pattern takes, with a mark for whatever is not certain."""
    root = "" if pattern.root == "/" else pattern.root
    return root + "".join(map(_part_text, pattern.parts))


def _part_text(part: Part) -> str:
    if part is GLOBSTAR:
        return _WILD
    return "/" + "".join(one.text if isinstance(one, Literal) else _WILD for one in part)


def _holds(text: str, runs: Sequence[str]) -> bool:
    """Whether a text begins and ends as it must, and holds what must stand in it."""
    return (
        text.startswith(runs[0])
        and text.endswith(runs[-1])
        and all(run in text for run in runs[1:-1])
    )
