"""Commands worth trying where the shortest of a pattern is not granted. Layer: analyze.

Nothing here says what is granted: the reference evaluator confirms each, or none.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from wilkc.analyze.boundary.commands import around_command
from wilkc.language.commands import TABLES, AnyArgument, TextArgument, harmless_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.language.commands import CommandPattern

Words = tuple[str, ...]
MAX_TRIED: Final = 200
"""Commands tried for one pattern."""


def members(pattern: CommandPattern, other: CommandPattern | None = None) -> list[Words]:
    """Commands that a pattern takes, or nearly, the shortest first.

    Args:
        pattern: an allow.
        other: a block whose words and flags they shall hold as well.
    """
    found = list(dict.fromkeys(_tried(pattern, other)))
    found.sort(key=lambda argv: (sum(map(len, argv)) + len(argv), argv))
    return found[:MAX_TRIED]


def _tried(pattern: CommandPattern, other: CommandPattern | None) -> Iterator[Words]:
    own = around_command(pattern).members
    yield from own
    for argv in own[:4]:
        yield from ((*argv, word) for word in _options(pattern.program))
    if other is not None:
        for extra in islice(around_command(other).members, 24):
            yield (pattern.program, *extra[1:])
            for argv in own[:4]:
                yield (*argv, *extra[1:])


def _options(program: str) -> Iterator[str]:
    name = program.rpartition("/")[2]
    yield from harmless_options(name)
    for guard in TABLES.guards.get(name, ()):
        yield from guard.words
        yield from guard.long
        yield from (f"-{letter}" for letter in guard.short)


def is_single(pattern: CommandPattern) -> bool:
    """Whether a pattern takes one command alone, so that its denial says all."""
    return not pattern.rest and all(isinstance(one, TextArgument) for one in pattern.arguments)


def is_plain(pattern: CommandPattern) -> bool:
    """Whether only wildcards for whole arguments stand beside the pattern's words."""
    return all(isinstance(one, AnyArgument | TextArgument) for one in pattern.arguments)
