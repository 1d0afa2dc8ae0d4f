"""Commands that one version allows, as languages, and where they may run. Layer: analyze.

LANGUAGE.md section 4. A pattern says which argument lists may be run, but not all of them
are: an interpreter runs only a script that may be executed, an option of the guard table only
counts where the pattern spells it. Scripts are languages too; options are compared pattern by
pattern. A wrapper needs no treatment, because each command inside it is judged by itself: who
may run more inside a wrapper may run more by itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from wilkc.analyze.difference.risk import is_interpreter
from wilkc.language.automata import (
    CANONICAL_ARGUMENTS,
    CANONICAL_PATH,
    Witness,
    command_language,
    difference,
    path_language,
)
from wilkc.language.automata.scripts import rooted_scripts, script_language
from wilkc.language.commands import (
    TABLES,
    command_matches,
    harmless_options,
    program_name,
    spelled_options,
    spells_program,
    unspelled_code,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.analyze.difference.sides import Side
    from wilkc.language.automata import Language
    from wilkc.language.commands import CommandPattern
    from wilkc.plan import SpecPlan
    from wilkc.plan.model import Rule

Words = tuple[str, ...]
MAX_DIRECTORIES: Final = 6
"""Working directories in which an example is tried."""


@dataclass(frozen=True)
class Runnable:
    """One pattern of an allow.

    Attributes:
        spec: whose it is.
        rule: the entry.
        pattern: one of its explicit forms.
        specs: all specs of its side, whose blocks of files hide scripts.
    """

    spec: SpecPlan
    rule: Rule[CommandPattern]
    pattern: CommandPattern
    specs: tuple[SpecPlan, ...]

    @property
    def program(self) -> str:
        """The last path component of the program."""
        return program_name((self.pattern.program,))

    @cached_property
    def interprets(self) -> bool:
        """Whether the program runs scripts."""
        return is_interpreter(self.program)

    @property
    def seeks(self) -> bool:
        """Whether a bare word may be something else to the program than a script."""
        return re.fullmatch(TABLES.seeking, self.program) is not None

    @cached_property
    def spells(self) -> bool:
        """Whether the pattern spells an option that gives an interpreter its program."""
        return spells_program(self.program, self.pattern.literals)

    @property
    def language(self) -> Language:
        """The argument lists that the pattern takes."""
        return CANONICAL_ARGUMENTS & command_language(self.pattern)

    @property
    def lists(self) -> bool:
        """Whether the program is an interpreter that the spec lists."""
        interpreters = self.spec.permissions.shell.interpreters
        return interpreters is not None and self.program in interpreters.values

    @property
    def scripts(self) -> Iterator[Language]:
        """The argument lists that run a script; `hidden` are not among them."""
        if self.lists:
            for rule in self.spec.permissions.file.allow.get("execute", ()):
                for pattern in rule.patterns:
                    found = self.language & script_language(pattern, fold=self.spec.fold)
                    yield found & rooted_scripts() if self.seeks else found

    @property
    def hidden(self) -> Iterator[Language]:
        """The argument lists whose script a spec of the same side blocks as a file."""
        for spec in self.specs:
            for rule in spec.permissions.file.block:
                for pattern in rule.patterns:
                    yield script_language(pattern, fold=spec.fold)

    @property
    def harmless(self) -> Iterator[Words]:
        """What an interpreter may be asked without a script."""
        for option in harmless_options(self.program):
            argv = (self.pattern.program, option)
            if command_matches(self.pattern, argv):
                yield argv

    def grants_as_much(self, other: Runnable) -> bool:
        """Whether it grants whatever it takes of what another grants, for all it spells."""
        own = spelled_options(self.pattern)
        wanted = spelled_options(other.pattern)
        if not all(count <= own[key] for key, count in wanted.items()):
            return False
        code = unspelled_code(self.program, other.pattern.literals)
        return set(code) <= set(self.pattern.literals)


def runnables(side: Side) -> list[Runnable]:
    """Every pattern of every allow that can run somewhere, in the order they are judged in."""
    return [
        Runnable(spec, rule, pattern, side.specs)
        for spec in side.specs
        if spec.permissions.shell.directories
        for rule in spec.permissions.shell.allow
        for pattern in rule.patterns
    ]


def blocks(side: Side) -> list[tuple[SpecPlan, Rule[CommandPattern], CommandPattern]]:
    """Every pattern of every block."""
    return [
        (spec, rule, pattern)
        for spec in side.specs
        for rule in spec.permissions.shell.block
        for pattern in rule.patterns
    ]


def directories(side: Side, other: Side) -> list[str]:
    """Directories to try examples in, those first in which both sides run commands."""
    found = dict.fromkeys((".", *_shortest(side), *_shortest(other)))
    allowed = [cwd for cwd in found if _runs_in(side, cwd)]
    return sorted(allowed, key=lambda cwd: not _runs_in(other, cwd))[:MAX_DIRECTORIES]


def directory_forms(*specs: SpecPlan) -> Iterator[Language]:
    """The working directories of specs as languages."""
    for spec in specs:
        for rule in spec.permissions.shell.directories or ():
            for pattern in rule.patterns:
                yield CANONICAL_PATH & path_language(pattern, fold=spec.fold)


def _shortest(side: Side) -> Iterator[str]:
    for language in directory_forms(*side.specs):
        verdict = difference(language, ())
        if isinstance(verdict, Witness):
            yield verdict.text


def _runs_in(side: Side, cwd: str) -> bool:
    return any(language.takes(cwd) for language in directory_forms(*side.specs))
