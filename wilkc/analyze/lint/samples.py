"""One plain member of a pattern, to answer most questions without automata. Layer: analyze (pure).

A sample that nothing else takes shows at once that a pattern is not covered. It is always
confirmed by the language it is made for; where that fails there is none.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from wilkc.analyze.boundary.globs import glob_texts
from wilkc.language.commands import AnyArgument, CommandPattern, TextArgument
from wilkc.language.paths import GLOBSTAR, PathPattern
from wilkc.plan.sandbox.samples import path_text

if TYPE_CHECKING:
    from wilkc.language.atoms import Glob
    from wilkc.language.automata import Language
    from wilkc.language.commands import Argument
    from wilkc.language.names import NamePattern

_FILLER: Final = "zq"
"""A name that few patterns mean."""
_END: Final = "\0"
"""Ends each argument in the texts that command languages hold."""


@lru_cache(maxsize=65_536)
def sample(pattern: PathPattern | NamePattern | CommandPattern, language: Language) -> str | None:
    """A member of the language of a pattern, or None where no plain one was found."""
    text = _text(pattern)
    return text if language.takes(text) else None


def _text(pattern: PathPattern | NamePattern | CommandPattern) -> str:
    if isinstance(pattern, PathPattern):
        last = len(pattern.parts) - 1
        segments = [
            _FILLER if part is GLOBSTAR else glob_texts(part)[0]
            for place, part in enumerate(pattern.parts)
            if part is not GLOBSTAR or place == last
        ]
        return path_text(pattern.root, tuple(segments))
    if isinstance(pattern, CommandPattern):
        flags = [f"-{one.short[0]}" if one.short else f"--{one.long[0]}" for one in pattern.flags]
        words = [pattern.program, *flags, *map(_word, pattern.arguments)]
        return "".join(word + _END for word in words)
    return glob_texts(pattern.glob)[0]


def _word(argument: Argument) -> str:
    if isinstance(argument, TextArgument):
        return argument.text
    if isinstance(argument, AnyArgument):
        return _FILLER
    return "/".join(_FILLER if one is None else _segment(one) for one in argument.segments)


def _segment(glob: Glob) -> str:
    return glob_texts(glob)[0] if glob else ""
