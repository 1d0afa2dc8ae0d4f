"""Options that run, read or write something else. Layer: language (the reference meaning).

LANGUAGE.md section 4: such an option is allowed only where the pattern spells it, and only
as often as it does; what a wildcard takes up never counts as spelled.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, Final

from wilkc.language.commands.layers import program_name
from wilkc.language.commands.operands import (
    is_option,
    operand_place,
    operand_places,
    starts_behind,
)
from wilkc.language.commands.patterns import TextArgument
from wilkc.language.commands.tables import TABLES, Guard

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wilkc.language.commands.lexer import Argv
    from wilkc.language.commands.patterns import CommandPattern

SHORTEST_LONG: Final = 3
"""`--` and one letter: the shortest abbreviation of a long option."""
_WILD: Final = "\0"
"""Stands for a wildcard of a pattern: a text that is no argument."""


def guarded_options(argv: Argv) -> Counter[str]:
    """How often each guarded option of the program stands in the command.

    Returns:
        Counts by the place of the guard and the option's key, for example `0:short:c`.
    """
    return _counts(argv[0], argv[1:], argv[1:])


def spelled_options(pattern: CommandPattern) -> Counter[str]:
    """How often a pattern spells each guarded option of its program."""
    placed = [
        argument.text if isinstance(argument, TextArgument) else _WILD
        for argument in pattern.arguments
    ]
    return _counts(pattern.program, pattern.literals, placed)


def _counts(program: str, arguments: Sequence[str], placed: Sequence[str]) -> Counter[str]:
    """Counts of options among arguments; `placed` is asked for what counts by its place alone."""
    name = program_name((program,))
    found = Counter(_keys(name, arguments, placed))
    module, behind = _module(name, placed)
    words = [one for one in behind if one != _WILD]
    found.update(f"{module} {key}" for key in _keys(module, words, behind))
    return found


def _keys(name: str, arguments: Sequence[str], placed: Sequence[str]) -> Iterator[str]:
    for place, guard in enumerate(TABLES.guards.get(name, ())):
        for key in chain(
            (key for one in _considered(arguments, guard) for key in guard_keys(guard, one)),
            _placed_keys(guard, placed),
        ):
            yield f"{place}:{key}"


def _module(name: str, placed: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The module that an interpreter is told to run, and its arguments; empty where it is none."""
    code = TABLES.code.get(name)
    if code is None or not code.module:
        return "", ()
    for place, argument in enumerate(placed):
        if found := re.fullmatch(f"{code.module}(.*)", argument, re.DOTALL):
            attached = [found[1]] if found[1] else []
            behind = [*attached, *placed[place + 1 :]]
            return (behind[0], behind[1:]) if behind else ("", ())
        if not re.fullmatch(code.flags, argument):
            break
    return "", ()


def guard_keys(guard: Guard, argument: str) -> Iterator[str]:
    """The options of one guard that one argument is."""
    if argument.startswith("-"):
        yield from (
            f"short:{letter}" for letter in guard.short if _is_short(guard, argument, letter)
        )
        yield from (f"long:{name}" for name in guard.long if _is_long(guard, argument, name))
    yield from (f"word:{word}" for word in guard.words if argument == word)
    for prefix in guard.prefixes:
        if argument.startswith(prefix) or f"={prefix}" in argument:
            yield f"prefix:{prefix}"
    for place, shape in enumerate(guard.shapes):
        if re.match(shape, argument):
            yield f"shape:{place}"


def _placed_keys(guard: Guard, arguments: Sequence[str]) -> Iterator[str]:
    """What the first argument and the first operand are by standing there.

    Each argument counts that some reading of the options takes for the first operand.
    """
    if guard.bare and arguments:
        letters = _letters(guard, arguments[0])
        yield from (f"bare:{letter}" for letter in guard.short if letter in letters)
    if guard.operand:
        places = {
            start + place
            for start in starts_behind(arguments, guard)
            for place in operand_places(arguments[start:], guard)
        }
        yield from ("operand" for place in places if arguments[place] != _WILD)


def _considered(arguments: Sequence[str], guard: Guard) -> Sequence[str]:
    starts = starts_behind(arguments, guard)
    if not starts:
        return ()
    held = arguments[starts[0] :]
    if guard.scope == "front":
        return held[: operand_place(held, guard) + 1]
    if guard.scope == "script" and held and not is_option(held[0]):
        # What follows a script is the script's own.
        return held[:1]
    return held


def _is_short(guard: Guard, argument: str, letter: str) -> bool:
    if argument.startswith("--"):
        cluster = argument.lstrip("-").partition("=")[0]
        return letter in cluster and set(cluster) <= set(guard.hyphens)
    if not guard.cluster:
        return argument.startswith(f"-{letter}")
    return letter in _letters(guard, argument[1:])


def _letters(guard: Guard, cluster: str) -> str:
    """The options at the beginning of a cluster, up to what can only be a value."""
    found = re.match(f"[A-Za-z0-9{re.escape(guard.marks)}]*", cluster)
    return found[0] if found else ""


def _is_long(guard: Guard, argument: str, name: str) -> bool:
    given = _as_read(guard, argument.partition("=")[0])
    if not name.startswith("--") or given in guard.own:
        return given == name
    return len(given) >= SHORTEST_LONG and name.startswith(given)


def _as_read(guard: Guard, option: str) -> str:
    """An option as its program reads it: nopt and Node know further spellings of a long one."""
    bare = option.lstrip("-")
    if guard.hyphens and (option.startswith("--") or len(bare) > 1):
        return f"--{bare}"
    return option[:2] + option[2:].replace("_", "-") if guard.underscores else option
