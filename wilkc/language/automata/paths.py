"""Path patterns as languages. Layer: language (pure). LANGUAGE.md section 3."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import RequestError
from wilkc.language.atoms import Literal
from wilkc.language.automata.charsets import CONTROLS, EVERY, REPLACED, chars, without
from wilkc.language.automata.globs import (
    glob_fragment,
    is_literal,
    is_starry,
    literal_head,
    literal_tail,
)
from wilkc.language.automata.machines import Builder
from wilkc.language.automata.model import Language
from wilkc.language.paths import GLOBSTAR, PathPattern, parse_path, path_matches

if TYPE_CHECKING:
    from wilkc.language.atoms import Glob
    from wilkc.language.automata.charsets import Charset
    from wilkc.language.automata.machines import Fragment, Machine
    from wilkc.language.paths import Path

_INSIDE: Final = without(EVERY, chars("/"))
_CANONICAL: Final = without(without(_INSIDE, CONTROLS), REPLACED)
CACHED: Final = 65_536


@lru_cache(maxsize=CACHED)
def path_language(pattern: PathPattern, *, fold: bool = False) -> Language:
    """The paths that a pattern takes; what is asked about must also be `CANONICAL_PATH`."""
    head, tail = (_head(pattern), _tail(pattern)) if not fold else (pattern.root, "")
    return Language(
        lambda: (_machine(pattern, fold=fold),),
        lambda text: (path := _path(text)) is not None and path_matches(pattern, path, fold=fold),
        frozenset({("path", pattern, fold)}),
        head,
        tail,
        pattern.root if fold else max((head, tail, *_literals(pattern)), key=len),
    )


def _machine(pattern: PathPattern, *, fold: bool) -> Machine:
    builder = Builder()
    return builder.machine(path_fragment(builder, pattern, fold=fold))


def path_fragment(builder: Builder, pattern: PathPattern, *, fold: bool) -> Fragment:
    """The texts of a pattern's paths as part of a larger expression."""
    parts: list[Fragment] = [] if pattern.root == "/" else [builder.text(pattern.root)]
    for part in pattern.parts:
        if part is GLOBSTAR:
            parts.append(builder.repeat(_segment(builder, ())))
        else:
            parts.append(_segment(builder, part, fold=fold))
    whole = builder.sequence(*parts)
    if pattern.root == "/" and pattern.parts in {(), (GLOBSTAR,)}:
        # Here alone the root itself is a member, and only its text ends in a slash.
        below = builder.sequence(*parts)
        whole = builder.either(builder.text("/"), below) if pattern.parts else builder.text("/")
    return whole


@lru_cache(maxsize=CACHED)
def _path(text: str) -> Path | None:
    """The path that a canonical text is, else None."""
    try:
        path = parse_path(text)
    except RequestError:
        return None
    return path if str(path) == text else None


def _literals(pattern: PathPattern) -> list[str]:
    """The longest run of plain characters of each segment."""
    return [
        max((atom.text for atom in part if isinstance(atom, Literal)), key=len, default="")
        for part in pattern.parts
        if part is not GLOBSTAR
    ]


@lru_cache(maxsize=CACHED)
def extension_language(extensions: frozenset[str]) -> Language:
    """Paths whose last segment ends in a dot and one of these, in either case where all ASCII.

    Args:
        extensions: without the dot and in lower case. A dot that begins the segment does not
            count.
    """
    return Language(
        lambda: (_ending(extensions),),
        lambda text: (path := _path(text)) is not None and _ends_in(path, extensions),
        frozenset({("extensions", extensions)}),
    )


def _ends_in(path: Path, extensions: frozenset[str]) -> bool:
    stem, dot, extension = path.segments[-1].rpartition(".") if path.segments else ("", "", "")
    held = extension.lower() if extension.isascii() else extension
    return bool(stem and dot) and held in extensions


def _ending(extensions: frozenset[str]) -> Machine:
    builder = Builder()
    endings = [
        builder.sequence(*(builder.one(held) for held in _extension(extension)))
        for extension in sorted(extensions)
    ]
    whole = builder.sequence(
        builder.run(EVERY), builder.one(_INSIDE), builder.text("."), builder.either(*endings)
    )
    return builder.machine(whole)


def _extension(text: str) -> list[Charset]:
    """The characters of each place; the case of a text that is not all ASCII counts."""
    if not text.isascii():
        return [chars(char) for char in text]
    return [chars(char.lower() + char.upper()) for char in text]


def _segment(builder: Builder, glob: Glob, *, fold: bool = False) -> Fragment:
    """A slash and one segment, which is never empty; a glob of no atoms takes any."""
    slash = builder.text("/")
    if is_starry(glob):
        return builder.sequence(slash, builder.one(_INSIDE), builder.run(_INSIDE))
    return builder.sequence(slash, glob_fragment(builder, glob, _INSIDE, fold=fold))


def _head(pattern: PathPattern) -> str:
    head: str = "" if pattern.root == "/" else pattern.root
    for place, part in enumerate(pattern.parts):
        if part is GLOBSTAR:
            more = any(one is not GLOBSTAR for one in pattern.parts[place:])
            return head + "/" if more else head
        head += "/" + literal_head(part)
        if not is_literal(part):
            return head
    return head


def _tail(pattern: PathPattern) -> str:
    tail = ""
    for part in reversed(pattern.parts):
        if part is GLOBSTAR:
            return tail
        tail = literal_tail(part) + tail
        if not is_literal(part):
            return tail
        tail = "/" + tail
    return tail


def _canonical() -> Machine:
    """Canonical paths: `.`, `~` or nothing, then segments that are not `.` and not `..`."""
    builder = Builder()

    def segment() -> Fragment:
        plain, dot = without(_CANONICAL, chars(".")), builder.text
        return builder.sequence(
            builder.text("/"),
            builder.either(
                builder.sequence(builder.one(plain), builder.run(_CANONICAL)),
                builder.sequence(dot("."), builder.one(plain), builder.run(_CANONICAL)),
                builder.sequence(dot(".."), builder.one(_CANONICAL), builder.run(_CANONICAL)),
            ),
        )

    roots = builder.one(chars(".~"))
    whole = builder.either(
        builder.sequence(roots, builder.repeat(segment())),
        builder.sequence(segment(), builder.repeat(segment())),
        builder.text("/"),
    )
    return builder.machine(whole)


CANONICAL_PATH: Final = Language(
    lambda: (_canonical(),),
    lambda text: _path(text) is not None,
    frozenset({"canonical path"}),
)
"""Every canonical path, but for what Unicode's form NFC demands of its text."""
