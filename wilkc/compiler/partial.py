"""What of the sources can be understood, and what is left out. Layer: compiler.

A comparison shall answer for every agent whose specs are right, even where other files are
not. A file with an error is left out as a whole, and with it whatever rests on it. Nothing
is guessed: where two files claim the same, both are left out, and where the organisation's
policy or models may be among what is broken, nothing of the version is understood, since
every spec rests on them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.core.diagnostics import Diagnostic, sort_diagnostics
from wilkc.core.errors import SpecError
from wilkc.plan import Plan, build_plan, resolve
from wilkc.spec import read_specs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wilkc.spec import Document

_BOUNDING: Final = re.compile(
    rb"""^[\s{"']*(?:permissions\W+)?(?:security_policy|core|runtime|audit)\b""", re.MULTILINE
)
_POINTER: Final = "W014"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that is not part of a plan.

    Attributes:
        file: its name.
        why: one line.
        opaque: whether nothing of what it says is known, not even of what kind it is.
        problem: the error that it was left out for; None where it was not even read.
    """

    file: str
    why: str
    opaque: bool = False
    problem: Diagnostic | None = None


@dataclass(frozen=True, slots=True)
class Partial:
    """What was understood.

    Attributes:
        plan: of all files but those left out.
        documents: what the plan was made from.
        left_out: sorted by file.
    """

    plan: Plan
    documents: tuple[Document, ...]
    left_out: tuple[LeftOut, ...]


def plan_what_compiles(sources: Mapping[str, bytes]) -> Partial:
    """The plan of all files that have no errors and rest on none that has.

    Warnings are not looked at, and the specs' own tests are not run: they change no meaning.

    Raises:
        SpecError: the organisation's policy or models may be among the files with errors.
    """
    read = read_specs(sources)
    broken = _blamed(read.diagnostics)
    held = read.documents
    while True:
        held = tuple(one for one in held if one.file not in broken)
        plan, problems = build_plan(held)
        if plan is not None:
            break
        broken |= _blamed(problems) | _blamed(resolve(reversed(held))[1])
    _require_bounds(sources, broken)
    found = tuple(_left_out(file, why) for file, why in sorted(broken.items()))
    return Partial(plan, held, found)


def _blamed(problems: Iterable[Diagnostic]) -> dict[str, Diagnostic]:
    """Each file with an error to the first one.

    Of two files that claim the same, the later one is blamed, so `resolve` is also asked in
    the reverse order.
    """
    first: dict[str, Diagnostic] = {}
    for found in sort_diagnostics(problems):
        if found.severity == "error":
            first.setdefault(found.span.file, found)
    return first


def _require_bounds(sources: Mapping[str, bytes], broken: Mapping[str, Diagnostic]) -> None:
    wrong = [found for file, found in broken.items() if _BOUNDING.search(sources[file])]
    if wrong:
        raise SpecError(sort_diagnostics(wrong))


def _left_out(file: str, found: Diagnostic) -> LeftOut:
    why = f"{found.code} on line {found.span.line}: {found.message}"
    return LeftOut(file, why, opaque=found.code == _POINTER, problem=found)
