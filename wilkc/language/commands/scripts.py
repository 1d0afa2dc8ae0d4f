"""Where a command holds code: as an operand, or as an option's value. Layer: language (pure).

LANGUAGE.md section 4. What an option's value is and what an operand is differs from program
to program, so only options that the tables name may precede the code; behind any other one it
cannot be told where the code stands.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wilkc.language.commands.layers import program_name
from wilkc.language.commands.operands import is_option
from wilkc.language.commands.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Collection

    from wilkc.language.commands.lexer import Argv


def harmless_options(name: str) -> tuple[str, ...]:
    """What an interpreter may be asked alone: it answers and reads no code."""
    found = (options for names, options in TABLES.harmless.items() if re.fullmatch(names, name))
    return next(found, ())


def gives_program(argv: Argv) -> bool:
    """Whether an option gives an interpreter its program, so that no script is run."""
    code = TABLES.code.get(program_name(argv))
    if code is None:
        return False
    for place, argument in enumerate(argv[1:], start=1):
        if _is(code.next, argument):
            behind = len(argv) - place - 2
        elif _is(code.whole, argument):
            behind = len(argv) - place - 1
        elif _is(code.flags, argument):
            continue
        else:
            return False
        return behind == 0 if code.alone else behind >= 0
    return False


def code_spelled(argv: Argv, literals: Collection[str]) -> bool:
    """Whether code given as an operand is harmless or a word of the pattern.

    Where it cannot be told which argument is the code, each must be a word of the pattern.
    """
    script = TABLES.scripts.get(program_name(argv))
    if script is None:
        return True
    operand = _code_operand(argv, script.options)
    if operand is not None and _is(script.harmless, operand):
        return True
    given = argv[1:] if operand is None else (operand,)
    return bool(given) and all(argument in literals for argument in given)


def unspelled_code(name: str, words: Collection[str]) -> list[str]:
    """The words that may be code of a program that takes code, and are not harmless."""
    script = TABLES.scripts.get(name)
    if script is None:
        return []
    plain = (script.harmless, script.options[0])
    return [word for word in words if not any(_is(form, word) for form in plain)]


def spells_program(name: str, words: Collection[str]) -> bool:
    """Whether one of the words gives an interpreter its program."""
    code = TABLES.code.get(name)
    forms = (code.next, code.whole) if code else ()
    return any(_is(form, word) for word in words for form in forms)


def _code_operand(argv: Argv, options: tuple[str, ...]) -> str | None:
    """The argument that is code, or None where it cannot be told."""
    place = 1
    while place < len(argv) and is_option(argv[place]):
        values = (count for count, form in enumerate(options) if _is(form, argv[place]))
        skipped = next(values, None)
        if skipped is None:
            return None
        place += 1 + skipped
    return argv[place] if place < len(argv) else None


def _is(form: str, argument: str) -> bool:
    return bool(form) and re.fullmatch(form, argument) is not None
