"""Which arguments may be operands, where an option may take the next one. Layer: language (pure).

LANGUAGE.md section 4. What an option's value is and what an operand is differs from program to
program. A wrapper's options are known in full; of other programs only options that never take the
next argument are, and behind each other one both readings are followed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wilkc.language.commands.tables import Guard

SWITCH_VALUES: Final = frozenset({"true", "false", "null"})
"""What even an option without a value takes up where nopt, npm's parser, reads it."""
END: Final = "--"
"""What ends the options, and stands before the command in `mise exec node -- CMD`."""

ALONE: Final = 1
WITH_VALUE: Final = 2


def is_option(argument: str) -> bool:
    """Whether an argument is an option by its look: a lone `-` is none."""
    return argument.startswith("-") and argument != "-"


def operand_place(arguments: Sequence[str], guard: Guard) -> int:
    """Where the first argument stands that is no option and cannot be an option's value.

    Returns:
        The number of arguments where there is none.
    """
    for place, argument in enumerate(arguments):
        before = arguments[place - 1] if place else ""
        if not is_option(argument) and WITH_VALUE not in _steps(before, argument, guard):
            return place
    return len(arguments)


def operand_places(arguments: Sequence[str], guard: Guard) -> set[int]:
    """Every place where the first operand stands by some reading of the options before it."""
    read, found = {0}, set()
    for place, argument in enumerate(arguments):
        if place not in read:
            continue
        if argument == END:
            found.add(place + 1)
        elif not is_option(argument):
            found.add(place)
        else:
            following = arguments[place + 1] if place + 1 < len(arguments) else ""
            read.update(place + step for step in _steps(argument, following, guard))
    return {place for place in found if place < len(arguments)}


def starts_behind(arguments: Sequence[str], guard: Guard) -> list[int]:
    """Where the arguments begin that a guard is about: behind its sub-command, wherever it stands.

    Each place that may be the sub-command's counts, as an option's value may be spelt like it.
    """
    starts = [0]
    for word in guard.after:
        starts = [
            start + place + 1
            for start in starts
            for place in _word_places(arguments[start:], word, guard)
        ]
    return sorted(set(starts))


def _word_places(arguments: Sequence[str], word: str, guard: Guard) -> Iterator[int]:
    if word not in arguments:
        return
    end = len(arguments) if word == END else operand_place(arguments, guard) + 1
    yield from (place for place, held in enumerate(arguments[:end]) if held == word)


def _steps(option: str, following: str, guard: Guard) -> tuple[int, ...]:
    """How many arguments an option may take up, itself included; none is taken by what is none."""
    if not is_option(option):
        return ()
    if "*" not in guard.values:
        return (WITH_VALUE,) if option in guard.values else (ALONE,)
    if "=" in option:
        return (ALONE,)
    if option in guard.alone:
        return (ALONE, WITH_VALUE) if following in SWITCH_VALUES else (ALONE,)
    return (ALONE, WITH_VALUE)
