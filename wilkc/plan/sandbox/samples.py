"""Paths that a pattern may take, and its literal base. Layer: plan."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final

from wilkc.language.atoms import AnyOne, Atom, CharClass, Literal, Star
from wilkc.language.paths import GLOBSTAR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wilkc.language.paths import Part, PathPattern

_FILLERS: Final = ("a", "b", "zq", "A1", "_")
_LAST_ASCII: Final = 127


def is_literal(part: Part) -> bool:
    """Whether a segment holds no wildcard."""
    return part is not GLOBSTAR and len(part) == 1 and isinstance(part[0], Literal)


def literal_base(pattern: PathPattern) -> tuple[str, ...]:
    """The longest leading run of segments without wildcard."""
    base = []
    for part in pattern.parts:
        if part is GLOBSTAR or len(part) != 1 or not isinstance(part[0], Literal):
            break
        base.append(part[0].text)
    return tuple(base)


def path_text(root: str, segments: tuple[str, ...]) -> str:
    """The canonical text of a path."""
    return "/" + "/".join(segments) if root == "/" else "/".join((root, *segments))


def floating_name(folder: str, pattern: PathPattern) -> str | None:
    """A path in a folder that a pattern which begins with `**` takes in every folder.

    Whether it does is the caller's to check: a name that is no canonical path matches nothing.
    """
    if not pattern.parts or pattern.parts[0] is not GLOBSTAR:
        return None
    names = [
        "".join("" if isinstance(atom, Star) else _atom(atom, _FILLERS[0]) for atom in part)
        for part in pattern.parts
        if part is not GLOBSTAR
    ]
    return "/".join((folder, *(name or _FILLERS[0] for name in names)))


def usual_names(pattern: PathPattern, endings: Iterable[str]) -> Iterator[str]:
    """Paths that read well and that a pattern usually takes.

    Args:
        pattern: what they should match; whether they do is the caller's to check.
        endings: extensions one of which they should have, or none.
    """
    suffixes = ["", *(f".{ending}" for ending in sorted(endings))]
    # Only a globstar that is not the last segment can have a depth.
    depths = (0, 1) if GLOBSTAR in pattern.parts[:-1] else (0,)
    for filler, suffix, depth in product(_FILLERS, suffixes, depths):
        segments = _fill(pattern, filler, depth)
        if segments:
            yield path_text(
                pattern.root, (*segments[:-1], segments[-1] + _fitting(pattern, suffix))
            )


def _fitting(pattern: PathPattern, suffix: str) -> str:
    """The suffix where the last segment of the pattern can take one, else nothing."""
    last = pattern.parts[-1]
    takes = last is GLOBSTAR or isinstance(last[-1], Star)
    return suffix if takes else ""


def _fill(pattern: PathPattern, filler: str, depth: int) -> tuple[str, ...]:
    segments: list[str] = []
    for number, part in enumerate(pattern.parts):
        if part is GLOBSTAR:
            # A tree is shown by something in it, never by its base alone.
            last = number == len(pattern.parts) - 1
            segments += [filler] * (1 if last else depth)
        else:
            text = "".join(_atom(atom, filler) for atom in part)
            segments.append(text or filler)
    return tuple(segments)


def _atom(atom: Atom, filler: str) -> str:
    if isinstance(atom, Literal):
        return atom.text
    if isinstance(atom, AnyOne):
        return filler[0]
    if isinstance(atom, CharClass):
        return _member(atom, filler)
    return filler


def _member(atom: CharClass, filler: str) -> str:
    if not atom.negated:
        return atom.ranges[0][0]
    letters = (filler[0], *map(chr, range(ord("!"), _LAST_ASCII)))
    outside = (
        char
        for char in letters
        if char not in "/." and not any(low <= char <= high for low, high in atom.ranges)
    )
    return next(outside, filler[0])
