"""Name patterns as languages. Layer: language (pure). LANGUAGE.md sections 6 and 8."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import RequestError
from wilkc.language.automata.charsets import CONTROLS, EVERY, REPLACED, without
from wilkc.language.automata.globs import glob_fragment, literal_head, literal_tail
from wilkc.language.automata.machines import Builder
from wilkc.language.automata.model import Language
from wilkc.language.names import name_matches, parse_name

if TYPE_CHECKING:
    from wilkc.language.automata.machines import Machine
    from wilkc.language.names import NamePattern

CACHED: Final = 16_384


@lru_cache(maxsize=CACHED)
def name_language(pattern: NamePattern, *, fold: bool = False) -> Language:
    """The names that a pattern takes; what is asked about must also be `CANONICAL_NAME`."""
    ends = (literal_head(pattern.glob), literal_tail(pattern.glob)) if not fold else ("", "")
    return Language(
        lambda: (_machine(pattern, fold=fold),),
        lambda text: _is_canonical(text) and name_matches(pattern, text, fold=fold),
        frozenset({("name", pattern, fold)}),
        *ends,
        max(ends, key=len),
    )


def _machine(pattern: NamePattern, *, fold: bool) -> Machine:
    builder = Builder()
    return builder.machine(glob_fragment(builder, pattern.glob, EVERY, fold=fold))


@lru_cache(maxsize=CACHED)
def _is_canonical(text: str) -> bool:
    try:
        parse_name(text)
    except RequestError:
        return False
    return True


def _canonical() -> Machine:
    builder = Builder()
    held = without(without(EVERY, CONTROLS), REPLACED)
    return builder.machine(builder.sequence(builder.one(held), builder.run(held)))


CANONICAL_NAME: Final = Language(
    lambda: (_canonical(),), _is_canonical, frozenset({"canonical name"})
)
"""Names of at least one character, none a control character."""
