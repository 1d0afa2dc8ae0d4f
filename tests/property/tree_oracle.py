"""What the grammar tree-sitter-bash makes of a shell line, for the tests of the command lexer.

The grammar has faults of its own (version 0.25.1). Each is named here with a predicate over
one word and an example; a test says so as soon as one of them is gone.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import tree_sitter_bash
from tree_sitter import Language, Parser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tree_sitter import Node

    from tests.property.lexed_lines import Lexed, Spelled
    from wilkc.language.commands import Argv

Tree = tuple[tuple["Argv", ...], tuple[str, ...]]
OPERATORS: Final = {"&&", "||", ";", "|"}
BRANCHES: Final = {
    "program", "list", "pipeline", "redirected_statement", "command", "command_name",
}  # fmt: skip
PARSER: Final = Parser(Language(tree_sitter_bash.language()))


@dataclass(frozen=True)
class Fault:
    """One fault of the grammar: what it does, the words that show it, and one line."""

    what: str
    example: str
    shows: Callable[[Spelled], bool]


def _program(pattern: str) -> Callable[[Spelled], bool]:
    return lambda word: word.program and re.match(pattern, word.raw) is not None


def _word(pattern: str) -> Callable[[Spelled], bool]:
    return lambda word: re.match(pattern, word.raw) is not None


FAULTS: Final = [
    Fault(
        "a program `a@...` begins like the parameter of an expansion",
        "a@b c",
        _program(r"[-@]*\w+(?:[@#%]|\+:)"),
    ),
    Fault(
        "so does `a:...` after a redirection",
        ">/dev/null a:b c",
        lambda word: (
            re.match(r"[-@]*\w+:", word.raw) is not None
            and re.search(r">(?:&1|/dev/null)[ \t]+\Z", word.before) is not None
        ),
    ),
    Fault("`é=b` is an assignment, whatever the name", "é=b c", _program(r"[-@]*\w+\+?=")),
    Fault(
        "a quote right after a keyword ends it",
        "for'x' c",
        _program(r"(?:if|for|while|until|case|select|function)['\"]"),
    ),
    Fault(
        "builtins that declare take only names and assignments",
        "export a:b c",
        _program(r"(?:declare|export|local|readonly|typeset|unset|unsetenv)(?:['\"]|\Z)"),
    ),
    Fault("`==` is an operator", "a ==", _word("==")),
    Fault(
        "`10#` waits for the digits of a number",
        "a 10# c",
        _word(r"(?:.*['\"])?-?(?:0x)?\d+#(?![\w@])"),
    ),
    Fault(
        "a lone `-` is lost before a redirection, and as the program",
        "a - 2>&1",
        lambda word: (
            word.raw == "-" and (word.program or re.match(r"[ \t]+[12&]?>", word.after) is not None)
        ),
    ),
    Fault("an escaped tab, or blank that begins a word, ends it", "a \\ b", _word(r"\\ |.*\\\t")),
    Fault("a backslash after a quote begins another word", "a 'b'\\c", _word(r""".*['"]\\""")),
]


def faults_of(one: Lexed) -> list[Fault]:
    """The faults that an accepted line shows."""
    return [fault for fault in FAULTS if any(map(fault.shows, one.words))]


def read_tree(line: str) -> Tree | None:
    """The commands of a line and the operators between them; None if it is not understood."""
    source = line.encode()
    root = PARSER.parse(source).root_node
    if root.has_error:
        return None
    commands: list[list[str]] = [[]]
    operators = []
    for node in _leaves(root):
        text = source[node.start_byte : node.end_byte].decode()
        if node.type in OPERATORS:
            operators.append(text)
            commands.append([])
            continue
        words = _unquoted(text)
        if len(words) != 1 or (node.type == "variable_assignment" and not commands[-1]):
            return None
        commands[-1] += words
    return tuple(map(tuple, commands)), tuple(operators)


def _leaves(node: Node) -> Iterator[Node]:
    """Words and operators in order, without the targets of redirections.

    The grammar counts the words after a redirection among its targets.
    """
    if node.type == "file_redirect":
        yield from node.children_by_field_name("destination")[1:]
    elif node.type in BRANCHES:
        for child in node.children:
            yield from _leaves(child)
    else:
        yield node


def _unquoted(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return []
