"""A command is allowed that runs what cannot be judged, and is denied. Layer: analyze (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.analyze.lint.model import Check, Finding, Subject, own, warning
from wilkc.language.commands import TextArgument, is_opaque, layers_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.language.commands import CommandPattern

CODE: Final = "W220"


def _run(subject: Subject) -> Iterator[Finding]:
    for rule in own(subject.permissions.shell.allow):
        if all(map(_is_always_denied, rule.patterns)):
            yield warning(
                CODE,
                f"`{rule.text}` grants nothing: what it runs cannot be judged beforehand",
                rule.span,
                about=f"shell.allowed_commands {rule.text}",
                advice="allow the command that is to be run by itself",
            )


def _is_always_denied(pattern: CommandPattern) -> bool:
    """Whether each command of the pattern is opaque, by itself or in a wrapper."""
    texts: list[str] = []
    for argument in pattern.arguments:
        if not isinstance(argument, TextArgument):
            break
        texts.append(argument.text)
    layers, opaque = layers_of((pattern.program, *texts))
    # Of a command that is not fixed as a whole an option may still get its value.
    whole = len(texts) == len(pattern.arguments) and not pattern.rest
    return (whole and opaque) or any(map(is_opaque, layers))


CHECK: Final = Check(CODE, _run)
