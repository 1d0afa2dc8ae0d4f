"""Scripts seen from other directories than the workspace. Layer: analyze.

LANGUAGE.md section 4: a script operand is joined to the working directory, so `python3 a.py`
runs `./src/a.py` from `./src`. What a pattern may run from its directories is the paths that
begin like one of these and go on like the operand; each such path is split again into a
directory and an operand, and asked about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.language.atoms import Literal, Star
from wilkc.language.automata import (
    CANONICAL_PATH,
    Inconclusive,
    Witness,
    difference,
    path_language,
)
from wilkc.language.commands import AnyArgument, TextArgument
from wilkc.language.paths import GLOBSTAR, PathPattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wilkc.analyze.difference.runnable import Runnable
    from wilkc.language.automata import Language
    from wilkc.language.commands import Argument, CommandPattern
    from wilkc.language.paths import Part

Words = tuple[str, ...]


def from_elsewhere(
    one: Runnable, base: Iterable[Runnable], budget: int, block: CommandPattern | None = None
) -> Iterator[tuple[Words, str] | str]:
    """Commands that may run a script which the other version would not, with directories.

    Args:
        one: a pattern of an interpreter.
        base: the patterns of the other version for the same program.
        budget: steps of one question.
        block: where given, the commands shall be such as it takes.

    Yields:
        A command and where it runs, to be asked about; or why there may be one.
    """
    own = list(_blocked(one))
    others = [each for each in base if each.lists]
    specs = {id(each.spec): each for each in others}.values()
    executed = [language for each in specs for language in _executable(each)]
    taken = [language for each in specs for language in _blocked(each)]
    for path in _paths(one, block):
        # A script of its own, then one that only this version executes, or does not block.
        for wanted, never in (((), ()), ((), executed), *(((each,), ()) for each in taken)):
            for language in _executable(one):
                whole = CANONICAL_PATH & path & language
                for more in wanted:
                    whole &= more
                verdict = difference(whole, [*own, *never], budget=budget)
                if isinstance(verdict, Witness):
                    yield from _split(one, verdict.text)
                elif isinstance(verdict, Inconclusive):
                    yield verdict.why


def _paths(one: Runnable, block: CommandPattern | None) -> Iterator[Language]:
    """Where the operand leads from each working directory, if it is no absolute path."""
    operand = _operand(one.pattern)
    named = _operand(block) if block and block.arguments else None
    for rule in one.spec.permissions.shell.directories or () if operand else ():
        for pattern in rule.patterns:
            found = _below(one, pattern, operand or ())
            yield found & _below(one, pattern, named) if named else found


def _below(one: Runnable, directory: PathPattern, operand: tuple[Part, ...]) -> Language:
    parts = [*directory.parts]
    for part in operand:
        if not (part is GLOBSTAR and parts and parts[-1] is GLOBSTAR):
            parts.append(part)
    return path_language(PathPattern(directory.root, tuple(parts)), fold=one.spec.fold)


def _operand(pattern: CommandPattern) -> tuple[Part, ...] | None:
    """The first argument as segments; None where it cannot name a relative path."""
    arguments = pattern.arguments
    if not arguments and not pattern.rest:
        return None
    first: Argument = arguments[0] if arguments else AnyArgument()
    if isinstance(first, AnyArgument):
        return GLOBSTAR, (Star(),)
    if isinstance(first, TextArgument):
        texts = first.text.removeprefix("./").split("/")
        return None if "" in texts else tuple((Literal(text),) for text in texts)
    segments = first.segments[1:] if first.dots == 1 else first.segments
    if segments[:1] == ((),) or segments[:1] == ((Literal(".."),),):
        return None
    return tuple(GLOBSTAR if segment is None else segment for segment in segments)


def _executable(one: Runnable) -> Iterator[Language]:
    for rule in one.spec.permissions.file.allow.get("execute", ()):
        for pattern in rule.patterns:
            yield path_language(pattern, fold=one.spec.fold)


def _blocked(one: Runnable) -> Iterator[Language]:
    for rule in one.spec.permissions.file.block:
        for pattern in rule.patterns:
            yield path_language(pattern, fold=one.spec.fold)


def _split(one: Runnable, path: str) -> Iterator[tuple[Words, str]]:
    """Every directory above a path with the operand that leads from there."""
    rest = tuple(_plain(argument) for argument in one.pattern.arguments[1:])
    first, *segments = path.split("/")
    for place in range(len(segments)):
        cwd = "/".join((first, *segments[:place])) or "/"
        operand = "/".join(segments[place:])
        yield (one.pattern.program, operand, *rest), cwd
        yield (one.pattern.program, f"./{operand}", *rest), cwd


def _plain(argument: Argument) -> str:
    return argument.text if isinstance(argument, TextArgument) else "a"
