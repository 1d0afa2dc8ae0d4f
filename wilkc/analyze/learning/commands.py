"""Commands that nothing is proposed for. Layer: analyze (pure).

The language lets a spec allow most of these, spelt out by somebody who means it. What was merely
tried is no such word.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wilkc.analyze.learning.model import Reason
from wilkc.analyze.learning.secrets import secret_file
from wilkc.analyze.learning.targets import refused_argument
from wilkc.language.commands import (
    TABLES,
    guarded_options,
    harmless_options,
    layers_of,
    program_name,
)

if TYPE_CHECKING:
    from wilkc.language.commands import Argv

_INTERPRETER: Final = re.compile(TABLES.interpreters)
_PARTS: Final = re.compile(r"[=@:,]")
"""After these a file may be named inside an argument: `--key=FILE`, `@FILE`, `host:FILE`."""


def refused_command(argv: Argv) -> Reason | None:
    """Why nothing is proposed for one command, or None."""
    name = program_name(argv)
    if _INTERPRETER.fullmatch(name):
        if not _has_script(argv):
            return Reason("interpreter_code", f"`{name}` is given no script of its own")
    elif name in TABLES.opaque or name in TABLES.wrappers or layers_of(argv)[1]:
        return Reason("hidden_command", f"`{name}` runs another command")
    if guarded_options(argv):
        return Reason("guarded_option", f"an option of `{name}` runs, reads or writes otherwise")
    script = TABLES.scripts.get(name)
    if script is not None and not any(re.fullmatch(script.harmless, one) for one in argv[1:2]):
        return Reason("code_operand", f"what `{name}` is given may be any code")
    return _refused_arguments(argv)


def _has_script(argv: Argv) -> bool:
    """Whether an interpreter runs a file by name, or tells its version."""
    arguments = argv[1:]
    if not arguments:
        return False
    if len(arguments) == 1 and arguments[0] in harmless_options(program_name(argv)):
        return True
    if re.fullmatch(TABLES.seeking, program_name(argv)):
        return arguments[0].startswith("./")
    return not arguments[0].startswith(("-", "+", "/dev/", "/proc/"))


def _refused_arguments(argv: Argv) -> Reason | None:
    for argument in argv:
        for part in (argument, *_PARTS.split(argument)):
            if what := secret_file(part):
                return Reason("secret_file", f"`{argument}` names {what}")
        if reason := refused_argument(argument):
            return reason
    return None
