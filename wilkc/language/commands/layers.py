"""Commands inside commands. Layer: language (pure, the reference meaning).

`timeout 10 sudo id` is three commands: the wrapper needs its own allow and what it runs is
judged as well. An option whose value could not be told apart makes the command opaque.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wilkc.language.commands.tables import TABLES, Wrapper

if TYPE_CHECKING:
    from wilkc.language.commands.lexer import Argv

MAX_LAYERS: Final = 4
_PLAIN_WORD: Final = re.compile(r"[A-Za-z0-9_./:=@%+,-]+\Z")
_SHELL: Final = re.compile(TABLES.shells)
_COMMAND_OPTION: Final = re.compile(r"[-+][A-Za-z]*c")


class _OpaqueError(Exception):
    """What the command would run cannot be told."""


def layers_of(argv: Argv) -> tuple[tuple[Argv, ...], bool]:
    """The command and every command inside it, outermost first.

    Returns:
        The layers that can be told, and whether one of them runs something that cannot be
        judged, or there are more than `MAX_LAYERS` below the first.
    """
    layers = [argv]
    try:
        while (inner := _inner(layers[-1])) is not None:
            if len(layers) > MAX_LAYERS:
                return tuple(layers), True
            layers.append(inner)
    except _OpaqueError:
        return tuple(layers), True
    return tuple(layers), False


def program_name(argv: Argv) -> str:
    """The last path component of the program."""
    return argv[0].rpartition("/")[2]


def is_opaque(argv: Argv) -> bool:
    """Whether the program runs something that cannot be judged, whatever follows the arguments."""
    name = program_name(argv)
    return name in TABLES.opaque or _runs_text(name, argv)


def _inner(argv: Argv) -> Argv | None:
    name = program_name(argv)
    if is_opaque(argv):
        raise _OpaqueError(name)
    wrapper = TABLES.wrappers.get(name)
    if wrapper is None:
        return None
    inner = argv[_skip_operands(argv, _skip_options(argv, wrapper), wrapper) :]
    if not inner:
        return None
    assigns = name == "env" and "=" in inner[0]
    shell_words = wrapper.plain and not all(map(_PLAIN_WORD.match, inner))
    if assigns or shell_words or name == "xargs" or not inner[0]:
        raise _OpaqueError(name)
    return inner


def _runs_text(name: str, argv: Argv) -> bool:
    """Whether a shell is given its commands as text."""
    if not _SHELL.fullmatch(name):
        return False
    return any(_COMMAND_OPTION.match(argument) for argument in argv[1:])


def _skip_options(argv: Argv, wrapper: Wrapper) -> int:
    place = 1
    while place < len(argv):
        argument = argv[place]
        if argument == "--":
            return place + 1
        if argument in {"", "-"} or not argument.startswith("-"):
            return place
        place += _option_length(argument, argv, place, wrapper)
    return place


def _option_length(argument: str, argv: Argv, place: int, wrapper: Wrapper) -> int:
    """How many arguments an option takes up, itself included."""
    letters = {option[1] for option in wrapper.bare if not option.startswith("--")}
    if argument in wrapper.bare or argument.partition("=")[0] in wrapper.attached:
        return 1
    if not argument.startswith("--") and set(argument[1:]) <= letters:
        return 1
    if argument in wrapper.valued and place + 1 < len(argv):
        return 2
    for option in wrapper.valued:
        attached = f"{option}=" if option.startswith("--") else option
        if argument.startswith(attached) and len(argument) > len(attached):
            return 1
    raise _OpaqueError(argument)


def _skip_operands(argv: Argv, place: int, wrapper: Wrapper) -> int:
    if wrapper.form and any(not re.fullmatch(wrapper.form, one) for one in argv[place : place + 1]):
        raise _OpaqueError(argv[place])
    return min(place + wrapper.operands, len(argv))
