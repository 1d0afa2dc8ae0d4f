"""A star stands for the program that is run, and so none is run. Layer: analyze (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.analyze.lint.model import Check, Finding, Subject, own, warning
from wilkc.language.commands import (
    TABLES,
    TextArgument,
    guarded_options,
    program_name,
    spelled_options,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.language.commands import CommandPattern

CODE: Final = "W222"
_ANY: Final = "x"
"""Stands for what a wildcard takes up."""


def _run(subject: Subject) -> Iterator[Finding]:
    for rule in own(subject.permissions.shell.allow):
        if all(map(_runs_none, rule.patterns)):
            yield warning(
                CODE,
                f"`{rule.text}` runs no program: its star stands for the program, which has to be "
                "spelled",
                rule.span,
                about=f"shell.allowed_commands {rule.text}",
                advice="name the program, and both where an option's value may stand before it, "
                "for example `npx -p typescript tsc *`",
            )


def _runs_none(pattern: CommandPattern) -> bool:
    """Whether whatever program a wildcard takes up is refused by the guard table."""
    if program_name((pattern.program,)) in TABLES.wrappers:
        return False
    words = [one.text if isinstance(one, TextArgument) else _ANY for one in pattern.arguments]
    argv = (pattern.program, *words, *([_ANY] if pattern.rest else []))
    spelled = spelled_options(pattern)
    return any(
        key.endswith(":operand") and count > spelled[key]
        for key, count in guarded_options(argv).items()
    )


CHECK: Final = Check(CODE, _run)
