"""Commands: the strict lexer, patterns, layers and the guard table. Room: language."""

from wilkc.language.commands.flags import Flag
from wilkc.language.commands.guards import guarded_options, spelled_options
from wilkc.language.commands.judge import (
    CommandRules,
    CommandVerdict,
    judge_commands,
    judge_layer,
    scripts_of,
)
from wilkc.language.commands.layers import MAX_LAYERS, is_opaque, layers_of, program_name
from wilkc.language.commands.lexer import Argv, check_argv, lex_line
from wilkc.language.commands.patterns import (
    AnyArgument,
    Argument,
    CommandPattern,
    GlobArgument,
    TextArgument,
    command_matches,
    command_words,
    parse_command_rule,
)
from wilkc.language.commands.scripts import harmless_options, spells_program, unspelled_code
from wilkc.language.commands.tables import TABLES, Code, Guard, Script, Tables, Wrapper

__all__ = [
    "MAX_LAYERS",
    "TABLES",
    "AnyArgument",
    "Argument",
    "Argv",
    "Code",
    "CommandPattern",
    "CommandRules",
    "CommandVerdict",
    "Flag",
    "GlobArgument",
    "Guard",
    "Script",
    "Tables",
    "TextArgument",
    "Wrapper",
    "check_argv",
    "command_matches",
    "command_words",
    "guarded_options",
    "harmless_options",
    "is_opaque",
    "judge_commands",
    "judge_layer",
    "layers_of",
    "lex_line",
    "parse_command_rule",
    "program_name",
    "scripts_of",
    "spelled_options",
    "spells_program",
    "unspelled_code",
]
