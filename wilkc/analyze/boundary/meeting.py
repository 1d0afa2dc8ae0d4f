"""A text that two patterns both take, by a product of their atoms. Layer: analyze (pure)."""

from __future__ import annotations

from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeVar

from wilkc.language.atoms import AnyOne, CharClass, Glob, Literal, Star
from wilkc.language.paths import GLOBSTAR, PathPattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from wilkc.language.atoms import Atom
    from wilkc.language.paths import Part

MAX_STATES: Final = 10_000
"""Pairs of places looked at for one meeting; beyond it none is given."""
_SPARE: Final = ("a", "b", "0", "-", "_", "\xe9")
_T = TypeVar("_T")


@lru_cache(maxsize=16_384)
def meeting_path(one: PathPattern, other: PathPattern) -> tuple[str, ...] | None:
    """The segments of a path that both take, or None where none was found."""
    if one.root != other.root:
        return None
    return _meet(one.parts, other.parts, lambda part: part is GLOBSTAR, _segment)


@lru_cache(maxsize=16_384)
def meeting_text(one: Glob, other: Glob) -> str | None:
    """A text that both globs take, or None where none was found."""
    if not _ends_fit(one, other):
        return None
    found = _meet(_units(one), _units(other), lambda unit: isinstance(unit, Star), _common)
    return None if found is None else "".join(found)


def _ends_fit(one: Glob, other: Glob) -> bool:
    """Whether what texts of both begin and end with does not exclude each other at once."""
    if not one or not other:
        return True
    heads = [end.text if isinstance(end := held[0], Literal) else "" for held in (one, other)]
    tails = [end.text if isinstance(end := held[-1], Literal) else "" for held in (one, other)]
    return (heads[0].startswith(heads[1]) or heads[1].startswith(heads[0])) and (
        tails[0].endswith(tails[1]) or tails[1].endswith(tails[0])
    )


def _meet(
    one: Sequence[_T],
    other: Sequence[_T],
    repeats: Callable[[_T], bool],
    common: Callable[[_T, _T], str | None],
) -> tuple[str, ...] | None:
    """Breadth first over pairs of places; a repeating element may be left, or stay."""
    queue: deque[tuple[int, int, tuple[str, ...]]] = deque([(0, 0, ())])
    seen = {(0, 0)}
    while queue and len(seen) < MAX_STATES:
        left, right, held = queue.popleft()
        if left == len(one) and right == len(other):
            return held
        for after, text in _steps(one[left:], other[right:], repeats, common):
            place = (left + after[0], right + after[1])
            if place not in seen:
                seen.add(place)
                queue.append((*place, held if text is None else (*held, text)))
    return None


def _steps(
    one: Sequence[_T],
    other: Sequence[_T],
    repeats: Callable[[_T], bool],
    common: Callable[[_T, _T], str | None],
) -> Iterator[tuple[tuple[int, int], str | None]]:
    left, right = bool(one) and repeats(one[0]), bool(other) and repeats(other[0])
    if left:
        yield (1, 0), None
    if right:
        yield (0, 1), None
    if one and other and not (left and right):
        text = common(one[0], other[0])
        if text is not None:
            yield (int(not left), int(not right)), text


def _segment(one: Part, other: Part) -> str | None:
    return meeting_text(_as_glob(one), _as_glob(other)) or None


def _as_glob(part: Part) -> Glob:
    """One segment of `**`, which has at least one code point."""
    return (AnyOne(), Star()) if part is GLOBSTAR else part


def _units(glob: Glob) -> tuple[Atom, ...]:
    """The atoms with each code point of a literal by itself."""
    return tuple(
        unit
        for atom in glob
        for unit in (map(Literal, atom.text) if isinstance(atom, Literal) else (atom,))
    )


def _common(one: Atom, other: Atom) -> str | None:
    candidates = (*_chars(one), *_chars(other), *_SPARE)
    return next((char for char in candidates if _takes(one, char) and _takes(other, char)), None)


def _chars(unit: Atom) -> Iterator[str]:
    if isinstance(unit, Literal):
        yield unit.text
    elif isinstance(unit, CharClass) and not unit.negated:
        yield from (edge for pair in unit.ranges for edge in pair)


def _takes(unit: Atom, char: str) -> bool:
    if isinstance(unit, Literal):
        return unit.text == char
    if isinstance(unit, CharClass):
        return any(low <= char <= high for low, high in unit.ranges) != unit.negated
    return True
