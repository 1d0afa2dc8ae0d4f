"""Literal entries: what a list must say to take exactly one request. Layer: analyze (pure)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import PatternError
from wilkc.language.atoms import ALLOW, Literal
from wilkc.language.commands import command_matches, parse_command_rule
from wilkc.language.names import NamePattern, parse_name_rule
from wilkc.language.paths import PathPattern, explicit_text, glob_text, parse_path, parse_path_rule

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wilkc.language.commands import Argv

_PLAIN_WORD: Final = re.compile(r"[A-Za-z0-9_./:=@%+,-]+", re.ASCII)
"""Words that mean themselves to the lexer without quotes."""


def path_entry(text: str) -> str | None:
    """The entry of an allow list that takes one canonical path alone.

    Returns:
        The path itself where it holds nothing special, else with that escaped; None where the
        language has no such entry, for example for a path that is too long.
    """
    path = parse_path(text)
    wanted = PathPattern(path.root, tuple((Literal(segment),) for segment in path.segments))
    written = (str(path), explicit_text(wanted))
    return _first(written, (wanted,), lambda entry: parse_path_rule(entry, ALLOW))


def name_entry(name: str) -> str | None:
    """The entry that takes one name alone, escaped as needed, or None where there is none."""
    wanted = NamePattern((Literal(name),))
    return _first((name, glob_text(wanted.glob)), (wanted,), parse_name_rule)


def _first(written: Sequence[str], wanted: object, parse: Callable[[str], object]) -> str | None:
    """The first text that is read as what is wanted."""
    for entry in written:
        try:
            if parse(entry) == wanted:
                return entry
        except PatternError:
            continue
    return None


def command_entry(argv: Argv) -> str | None:
    """The entry of an allow list that takes one argument list alone, every word quoted as needed.

    Returns:
        None where no entry can say it: an argument with a line break, for example.
    """
    entry = " ".join(map(command_word, argv))
    try:
        (pattern,) = parse_command_rule(entry, ALLOW)
    except PatternError:
        return None
    exact = not pattern.rest and pattern.literals == argv[1:] and pattern.program == argv[0]
    return entry if exact and command_matches(pattern, argv) else None


def command_word(text: str) -> str:
    """One word as the lexer of commands reads it back."""
    if _PLAIN_WORD.fullmatch(text):
        return text
    return "'" + text.replace("'", "'\\''") + "'"
