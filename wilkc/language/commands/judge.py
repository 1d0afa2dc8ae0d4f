"""The verdict on a line of commands. Layer: language (pure, the reference meaning)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from wilkc.language.commands.guards import guarded_options, spelled_options
from wilkc.language.commands.layers import layers_of, program_name
from wilkc.language.commands.operands import is_option
from wilkc.language.commands.patterns import CommandPattern, command_matches
from wilkc.language.commands.scripts import code_spelled, gives_program, harmless_options
from wilkc.language.commands.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from wilkc.core.verdict import Outcome
    from wilkc.language.commands.lexer import Argv

_INTERPRETER: Final = re.compile(TABLES.interpreters)
_SCRIPTLESS: Final = re.compile(TABLES.scriptless)
_SEEKING: Final = re.compile(TABLES.seeking)
_INPUT: Final = re.compile(r"-\Z|/dev/|/proc/|[A-Za-z][A-Za-z0-9+.-]+:")
"""Scripts that are no files of their own: the input, what is open, or an address."""
Entry = tuple[str, CommandPattern]
"""Rule id and one of its patterns, in the order of the list."""


@dataclass(frozen=True, slots=True)
class CommandRules:
    """What a command is judged by.

    Attributes:
        allow: allow entries in order.
        block: block entries in order.
        interpreters: programs that may run scripts.
        script_allowed: whether a script, as the command names it, may be executed.
    """

    allow: Sequence[Entry]
    block: Sequence[Entry]
    interpreters: frozenset[str]
    script_allowed: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class CommandVerdict:
    """Outcome, detail code and the deciding rule id, which may be empty."""

    outcome: Outcome
    detail: str
    rule: str = ""


def judge_commands(commands: Iterable[Argv], rules: CommandRules) -> CommandVerdict:
    """The verdict on every simple command of a line together.

    A block on any layer of any command denies all; then each layer of each command must be
    allowed by itself. The rule named for a grant is that of the first command's outermost
    layer, for a denial the smallest that blocks.
    """
    held = tuple(commands)
    blocked = _blocked(held, rules)
    if blocked:
        return CommandVerdict("blocked", "blocked", blocked)
    granted = [_allowed(argv, rules) for argv in held]
    return next((one for one in granted if one.outcome != "granted"), granted[0])


def _blocked(commands: Sequence[Argv], rules: CommandRules) -> str:
    layers = [layer for argv in commands for layer in layers_of(argv)[0]]
    for rule, pattern in rules.block:
        if any(command_matches(pattern, layer) for layer in layers):
            return rule
    return ""


def _allowed(argv: Argv, rules: CommandRules) -> CommandVerdict:
    layers, opaque = layers_of(argv)
    if opaque:
        return CommandVerdict("unmatched", "opaque_command")
    verdicts = [judge_layer(layer, rules) for layer in layers]
    return next((one for one in verdicts if one.outcome != "granted"), verdicts[0])


def judge_layer(argv: Argv, rules: CommandRules) -> CommandVerdict:
    """The verdict of the allow list on one layer by itself; blocks are left aside."""
    matching = [entry for entry in rules.allow if command_matches(entry[1], argv)]
    if not matching:
        return CommandVerdict("unmatched", "no_rule_matches")
    spelled = [entry for entry in matching if _spells_options(entry[1], argv)]
    if not spelled:
        return CommandVerdict("unmatched", "guarded_option")
    literal = [entry for entry in spelled if code_spelled(argv, entry[1].literals)]
    if not literal:
        return CommandVerdict("unmatched", "code_not_spelled")
    problem = _interpreter_problem(argv, rules)
    if problem:
        return CommandVerdict("unmatched", problem)
    return CommandVerdict("granted", "allowed", literal[0][0])


def scripts_of(argv: Argv) -> tuple[tuple[str, str], ...]:
    """The scripts that interpreters would run, in all layers of a command.

    Whoever makes paths canonical has to look at these: they are told apart here as for a verdict.

    Returns:
        The interpreter's name and the script as the command names it, for each.
    """
    found: list[tuple[str, str]] = []
    for layer in layers_of(argv)[0]:
        name = program_name(layer)
        named: list[str] = []
        rules = CommandRules((), (), frozenset({name}), partial(_note, named))
        _interpreter_problem(layer, rules)
        found += [(name, script) for script in named]
    return tuple(found)


def _note(named: list[str], script: str) -> bool:
    named.append(script)
    return True


def _spells_options(pattern: CommandPattern, argv: Argv) -> bool:
    spelled = spelled_options(pattern)
    return all(count <= spelled[key] for key, count in guarded_options(argv).items())


def _interpreter_problem(argv: Argv, rules: CommandRules) -> str:
    """Why an interpreter may not run this; empty if it may, or is none."""
    if not _INTERPRETER.fullmatch(program_name(argv)):
        return ""
    arguments = argv[1:]
    if not arguments:
        return "code_from_input"
    # An option that gives the program is spelled, as every guarded one is by now.
    if guarded_options(argv) and gives_program(argv):
        return ""
    if len(arguments) == 1 and arguments[0] in harmless_options(program_name(argv)):
        return ""
    script = arguments[0]
    if _INPUT.match(script) or _SCRIPTLESS.fullmatch(program_name(argv)):
        return "code_from_input"
    # A shell takes `+c` and `+O` for options too.
    if is_option(script) or script.startswith("+") or guarded_options(argv[:2]):
        return "option_before_script"
    return _script_problem(program_name(argv), script, rules)


def _script_problem(name: str, script: str, rules: CommandRules) -> str:
    """Why an interpreter may not run its first operand; empty if it may."""
    # `bun dev` runs what a package says of `dev`, and `deno publish` sends files away.
    if _SEEKING.fullmatch(name) and not script.startswith(("./", "/")):
        return "script_not_named"
    if name not in rules.interpreters:
        return "interpreter_not_listed"
    return "" if rules.script_allowed(script) else "script_not_allowed"
