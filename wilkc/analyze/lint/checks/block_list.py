"""A block list stands where an allow list is meant. Layer: analyze (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.analyze.lint.model import Check, Finding, Subject, own, warning
from wilkc.language.commands import TABLES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from wilkc.language.commands import CommandPattern, Guard
    from wilkc.plan.model import Rule

CODE: Final = "W204"


def _run(subject: Subject) -> Iterator[Finding]:
    shell = subject.permissions.shell
    for rule in own(shell.allow):
        pattern = next(filter(_is_open, rule.patterns), None)
        blocks = [one for one in shell.block if pattern and _narrows(one, pattern)]
        if pattern is not None and blocks:
            yield warning(
                CODE,
                f"`{rule.text}` allows everything that `{pattern.program}` can do but "
                f"{_listed(blocks)}",
                rule.span,
                about=f"shell.allowed_commands {rule.text}",
                advice="list the sub-commands that the agent needs instead",
            )


def _is_open(pattern: CommandPattern) -> bool:
    name = pattern.program.rpartition("/")[2]
    guards = TABLES.guards.get(name)
    return pattern.rest and guards is not None and _leaves_all(pattern.literals, guards)


def _leaves_all(words: Sequence[str], guards: Sequence[Guard]) -> bool:
    """Whether all words may be options and their values: the star still takes any operand."""
    alone = {option for guard in guards for option in guard.alone}
    pairs = zip(("", *words), words, strict=False)
    return all(word.startswith("-") or _takes(before, alone) for before, word in pairs)


def _takes(option: str, alone: Collection[str]) -> bool:
    """Whether what follows may be the value of an option."""
    return option[:1] == "-" and option != "--" and "=" not in option and option not in alone


def _narrows(block: Rule[CommandPattern], pattern: CommandPattern) -> bool:
    """Whether a block takes some commands of the program, and not all."""
    name = pattern.program.rpartition("/")[2]
    return any(one.program == name and (one.arguments or one.flags) for one in block.patterns)


def _listed(blocks: list[Rule[CommandPattern]]) -> str:
    first = f"`{blocks[0].text}`"
    return first if len(blocks) == 1 else f"{first} and what {len(blocks) - 1} more entries block"


CHECK: Final = Check(CODE, _run)
