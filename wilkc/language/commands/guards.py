"""Options that run, read or write something else. Layer: language (the reference meaning).

LANGUAGE.md section 4: such an option is allowed only where the pattern spells it, and only
as often as it does; what a wildcard takes up never counts as spelled.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from wilkc.language.commands.layers import program_name
from wilkc.language.commands.tables import TABLES, Guard

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wilkc.language.commands.lexer import Argv

SHORTEST_LONG: Final = 3
"""`--` and one letter: the shortest abbreviation of a long option."""
_CLUSTER: Final = re.compile(r"-([A-Za-z0-9]*)")


def guarded_options(argv: Argv) -> Counter[str]:
    """How often each guarded option of the program stands in the command.

    Returns:
        Counts by the place of the guard and the option's key, for example `0:short:c`.
    """
    counts: Counter[str] = Counter()
    for place, guard in enumerate(TABLES.guards.get(program_name(argv), ())):
        for argument in _considered(argv[1:], guard):
            for key in guard_keys(guard, argument):
                counts[f"{place}:{key}"] += 1
    return counts


def guard_keys(guard: Guard, argument: str) -> Iterator[str]:
    """The options of one guard that one argument is."""
    if argument.startswith("-"):
        yield from (
            f"short:{letter}" for letter in guard.short if _is_short(guard, argument, letter)
        )
        yield from (f"long:{name}" for name in guard.long if _is_long(argument, name))
    yield from (f"word:{word}" for word in guard.words if argument == word)
    for prefix in guard.prefixes:
        if argument.startswith(prefix) or f"={prefix}" in argument:
            yield f"prefix:{prefix}"


def front(arguments: Sequence[str]) -> Sequence[str]:
    """The options before the first operand, and that operand."""
    for place, argument in enumerate(arguments):
        if not is_option(argument):
            return arguments[: place + 1]
    return arguments


def is_option(argument: str) -> bool:
    """Whether an argument is an option by its look: a lone `-` is none."""
    return argument.startswith("-") and argument != "-"


def first_operand(arguments: Sequence[str]) -> str | None:
    """The first argument that is no option."""
    return next((argument for argument in arguments if not is_option(argument)), None)


def _considered(arguments: Sequence[str], guard: Guard) -> Sequence[str]:
    if guard.after:
        return arguments if first_operand(arguments) == guard.after else ()
    if guard.scope == "script" and arguments and not is_option(arguments[0]):
        # What follows a script is the script's own.
        return arguments[:1]
    return front(arguments) if guard.scope == "front" else arguments


def _is_short(guard: Guard, argument: str, letter: str) -> bool:
    if argument.startswith("--"):
        return False
    if not guard.cluster:
        return argument.startswith(f"-{letter}")
    cluster = _CLUSTER.match(argument)
    return cluster is not None and letter in cluster[1]


def _is_long(argument: str, name: str) -> bool:
    given = argument.partition("=")[0]
    if not name.startswith("--"):
        return given == name
    return len(given) >= SHORTEST_LONG and name.startswith(given)
