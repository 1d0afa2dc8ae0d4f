"""Commands whose first argument is a script, as languages. Layer: language (pure).

LANGUAGE.md section 4: a script operand is joined to the working directory and judged as a
file. Here that directory is the workspace, so `a/b` and `./a/b` both mean the path `./a/b`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import RequestError
from wilkc.language.automata.charsets import CONTROLS, EVERY, chars, without
from wilkc.language.automata.commands import END, arguments_of
from wilkc.language.automata.globs import glob_fragment, is_starry
from wilkc.language.automata.machines import NOTHING, Builder
from wilkc.language.automata.model import Language
from wilkc.language.automata.paths import path_fragment
from wilkc.language.paths import GLOBSTAR, PathPattern, parse_path, path_matches

if TYPE_CHECKING:
    from wilkc.language.automata.machines import Fragment, Machine
    from wilkc.language.paths import Part, Path

_CHAR: Final = without(EVERY, chars(END))
_INSIDE: Final = without(EVERY, (*CONTROLS, *chars("/")))
CACHED: Final = 4_096


@lru_cache(maxsize=CACHED)
def script_language(pattern: PathPattern, *, fold: bool = False) -> Language:
    """Commands whose script a path pattern takes; whatever follows the script is free."""
    return Language(
        lambda: (_scripts(pattern, fold=fold), _canonical()),
        lambda text: (
            (path := script_of(text)) is not None
            and pattern.root == path.root
            and path_matches(pattern, path, fold=fold)
        ),
        frozenset({("script", pattern, fold)}),
    )


@lru_cache(maxsize=1)
def rooted_scripts() -> Language:
    """Commands whose first argument begins with `./` or `/`, as programs want that seek others."""
    return Language(
        lambda: (_rooted(),),
        lambda text: len(words := arguments_of(text)) > 1 and words[1].startswith(("./", "/")),
        frozenset({("rooted script",)}),
    )


def script_of(text: str) -> Path | None:
    """The path of a command's script, or None where it names none."""
    words = arguments_of(text)
    if len(words) < 2:  # noqa: PLR2004 - a program and its script
        return None
    given = words[1]
    try:
        return parse_path(given if given.startswith("/") else f"./{given.removeprefix('./')}")
    except RequestError:
        return None


def _scripts(pattern: PathPattern, *, fold: bool) -> Machine:
    builder = Builder()
    if pattern.root == ".":
        # The operand may leave out the `./` that the path's text begins with.
        dot = builder.either(NOTHING, builder.text("./"))
        script = builder.sequence(dot, _bare(builder, pattern.parts, fold=fold))
    else:
        script = path_fragment(builder, pattern, fold=fold)
    return builder.machine(_around(builder, script))


def _bare(builder: Builder, parts: tuple[Part, ...], *, fold: bool) -> Fragment:
    """Segments with slashes between them but none before the first."""
    if not parts:
        return NOTHING
    first, rest = parts[0], PathPattern("/", parts[1:])
    if first is GLOBSTAR:
        below = builder.repeat(builder.sequence(builder.text("/"), _segment(builder)))
        after = path_fragment(builder, rest, fold=fold) if rest.parts else NOTHING
        some = builder.sequence(_segment(builder), below, after)
        return builder.either(some, _bare(builder, rest.parts, fold=fold))
    glob = (
        _segment(builder) if is_starry(first) else glob_fragment(builder, first, _INSIDE, fold=fold)
    )
    return builder.sequence(
        glob, path_fragment(builder, rest, fold=fold) if rest.parts else NOTHING
    )


def _canonical() -> Machine:
    """Scripts that are canonical paths once they are joined."""
    builder = Builder()
    first = builder.either(NOTHING, builder.text("./"), builder.text("/"))
    more = builder.repeat(builder.sequence(builder.text("/"), _segment(builder)))
    return builder.machine(_around(builder, builder.sequence(first, _segment(builder), more)))


def _rooted() -> Machine:
    builder = Builder()
    begun = builder.either(builder.text("./"), builder.text("/"))
    return builder.machine(_around(builder, builder.sequence(begun, builder.run(_CHAR))))


def _around(builder: Builder, script: Fragment) -> Fragment:
    def word() -> Fragment:
        return builder.sequence(builder.run(_CHAR), builder.text(END))

    program = builder.sequence(builder.one(_CHAR), builder.run(_CHAR), builder.text(END))
    return builder.sequence(program, script, builder.text(END), builder.repeat(word()))


def _segment(builder: Builder) -> Fragment:
    """A segment that is not empty, not `.` and not `..`."""
    plain = without(_INSIDE, chars("."))
    return builder.either(
        builder.sequence(builder.one(plain), builder.run(_INSIDE)),
        builder.sequence(builder.text("."), builder.one(plain), builder.run(_INSIDE)),
        builder.sequence(builder.text(".."), builder.one(_INSIDE), builder.run(_INSIDE)),
    )
