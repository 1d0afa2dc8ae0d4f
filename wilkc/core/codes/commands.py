"""Command patterns, W050-W069. Layer: core (leaf)."""

from __future__ import annotations

from typing import Final

from wilkc.core.codes.entry import Code


def _list(entry: str, name: str = "allowed_commands") -> str:
    return f"permissions:\n  shell:\n    {name}:\n      - {entry}\n"


CODES: Final[tuple[Code, ...]] = (
    Code(
        "W050",
        "an empty command",
        "An empty text names no command.",
        _list("' '"),
        _list("'git status'"),
    ),
    Code(
        "W051",
        "a command that the lexer does not understand",
        "Patterns are read by the lexer that reads command lines; what it refuses could not be "
        "asked for either.",
        _list("'echo $HOME'"),
        _list("'echo *'"),
    ),
    Code(
        "W052",
        "several commands in one entry",
        "Each simple command of a line must be allowed by itself.",
        _list("'git status && npm test'"),
        _list("'git status'"),
    ),
    Code(
        "W053",
        "`**` inside a part of an argument",
        "Tools disagree whether it then takes one segment or any depth.",
        _list("'cat ./src/**.ts'"),
        _list("'cat ./src/**/*.ts'"),
    ),
    Code(
        "W054",
        "a malformed wildcard in an argument",
        "Braces, classes and escapes follow the rules of path patterns.",
        _list("'cat ./[z-a]'"),
        _list("'cat ./[a-z]'"),
    ),
    Code(
        "W055",
        "a character that no argument should hold",
        "Text outside Unicode form NFC looks like another text.",
        _list('"cat e\\u0301*"'),
        _list("'cat *'"),
    ),
    Code(
        "W056",
        "a pattern beyond the limits",
        "What exceeds these limits is an accident or an attack on the compiler.",
        _list("'cat " + "*a" * 65 + "'"),
        _list("'cat *'"),
    ),
    Code(
        "W057",
        "the first word does not name one program",
        "A wildcard there would allow programs that nobody reviewed.",
        _list("'git* status'"),
        _list("'git status'"),
    ),
    Code(
        "W058",
        "a wildcard in an option of a block",
        "An option of a block is found however it is spelt, which says nothing of a text with "
        "gaps: the entry would block nothing.",
        _list("'rm -*'", "blocked_commands"),
        _list("'rm -r *'", "blocked_commands"),
    ),
)
