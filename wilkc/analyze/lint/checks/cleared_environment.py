"""`env` may take away what Wilk sets for git. Layer: analyze (pure).

A sandbox switches off what a repository's own settings would run by variables (git-config(1),
GIT_CONFIG_COUNT). `env -i git status` runs git without them: the sandbox still contains it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wilkc.analyze.lint.model import Check, Finding, Subject, own, warning
from wilkc.language.commands import TextArgument, layers_of, program_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wilkc.language.commands import CommandPattern

CODE: Final = "W221"
_CLEARS: Final = re.compile(r"--i|-[0iv]*i|(?:-[0iv]*u|--u[a-z]*=)GIT_")
_UNSETS: Final = re.compile(r"-[0iv]*u|--u[a-z]*")


def _run(subject: Subject) -> Iterator[Finding]:
    allow = subject.permissions.shell.allow
    if not any(_name(pattern) == "git" for rule in allow for pattern in rule.patterns):
        return
    for rule in own(allow):
        if any(_name(pattern) == "env" and _may_clear(pattern) for pattern in rule.patterns):
            yield warning(
                CODE,
                f"`{rule.text}` may run git without the settings that Wilk gives it",
                rule.span,
                about=f"shell.allowed_commands {rule.text}",
                advice="spell what `env` is to run, without `-i` or `-u GIT_...` where it is git",
            )


def _name(pattern: CommandPattern) -> str:
    return program_name((pattern.program,))


def _may_clear(pattern: CommandPattern) -> bool:
    """Whether a command of the pattern may run git, and clears its variables."""
    texts: list[str] = []
    for argument in pattern.arguments:
        if not isinstance(argument, TextArgument):
            break
        texts.append(argument.text)
    layers, _ = layers_of((pattern.program, *texts))
    if len(layers) == 1:
        # The program is not spelled: what stands for it may hold options of `env` as well.
        return pattern.rest or len(texts) < len(pattern.arguments)
    options = texts[: len(texts) - len(layers[1])]
    return any(program_name(one) == "git" for one in layers[1:]) and _clears(options)


def _clears(options: Sequence[str]) -> bool:
    pairs = zip(("", *options), options, strict=False)
    return any(
        _CLEARS.match(word) or (word.startswith("GIT_") and _UNSETS.fullmatch(before))
        for before, word in pairs
    )


CHECK: Final = Check(CODE, _run)
