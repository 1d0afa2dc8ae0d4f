"""Which of many patterns may take a path; none that does is missed. Layer: language (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.language.atoms import Literal
from wilkc.language.buckets import Buckets
from wilkc.language.case import fold_text
from wilkc.language.paths.model import GLOBSTAR

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.language.paths.model import Part, Path, PathPattern

_WILD: Final = "\0"
"""Stands for a wildcard; no path holds it."""


class PathBuckets:
    """Path patterns, of which those that may take a path are found at once.

    Args:
        patterns: explicit patterns.
        fold: whether they are compared by Unicode simple case folding.
    """

    def __init__(self, patterns: Iterable[PathPattern], *, fold: bool = False) -> None:
        self._fold = fold
        self._held = Buckets(self._read(_text(one)).split(_WILD) for one in patterns)

    def near(self, path: Path) -> list[int]:
        """The places of all patterns that take the path, and of few others, in order."""
        return self._held.near(self._read(str(path)))

    def _read(self, text: str) -> str:
        return fold_text(text) if self._fold else text


def _text(pattern: PathPattern) -> str:
    """The text of the paths that a pattern takes, with a mark for whatever is not certain."""
    root = "" if pattern.root == "/" else pattern.root
    return root + "".join(map(_part_text, pattern.parts))


def _part_text(part: Part) -> str:
    if part is GLOBSTAR:
        return _WILD
    return "/" + "".join(one.text if isinstance(one, Literal) else _WILD for one in part)
