"""Flags of block patterns: what `-rf` stands for, however it is spelt. Layer: language.

LANGUAGE.md section 4. Long options may be abbreviated (GNU getopt_long), short ones stand in
clusters (POSIX utility syntax guideline 5), and `--` ends the options.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.language.commands.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence

SHORTEST_ABBREVIATION: Final = 1


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag.

    Attributes:
        short: letters any of which, inside a cluster, is the flag.
        long: names of long options that are the flag, also abbreviated.
        initial: a letter with which any long option is taken for the flag, or empty.
    """

    short: str
    long: tuple[str, ...]
    initial: str = ""


def flags_of(word: str) -> tuple[Flag, ...]:
    """The flags that an option word of a block pattern names."""
    if word.startswith("--"):
        name = word[2:].partition("=")[0]
        short = "".join(letters for letters, names in TABLES.flags.items() if name in names)
        return (Flag(short, (name,)),) if name else ()
    return tuple(_short_flag(letter) for letter in word[1:])


def has_flag(arguments: Sequence[str], flag: Flag) -> bool:
    """Whether a flag is among the arguments before `--`."""
    for argument in arguments:
        if argument == "--":
            return False
        if _is_flag(argument, flag):
            return True
    return False


def _is_flag(argument: str, flag: Flag) -> bool:
    if argument.startswith("--"):
        name = argument[2:].partition("=")[0]
        abbreviates = any(long.startswith(name) for long in flag.long)
        return bool(name) and (abbreviates or (flag.initial != "" and name[0] == flag.initial))
    return argument.startswith("-") and any(letter in argument[1:] for letter in flag.short)


def _short_flag(letter: str) -> Flag:
    for letters, names in TABLES.flags.items():
        if letter in letters:
            return Flag(letters, tuple(names))
    return Flag(letter, (), letter.lower())
