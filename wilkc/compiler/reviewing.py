"""Checking with lint: what is wrong, and what deserves a second look. Layer: compiler."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wilkc.analyze.lint import CHECKS, Finding, lint, pass_over
from wilkc.compiler.whole import analyse
from wilkc.core.diagnostics import has_errors
from wilkc.plan import resolve
from wilkc.spec import FLEET_SUFFIX
from wilkc.syntax import read_ignores

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.core.diagnostics import Diagnostic
    from wilkc.plan import Plan


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What a review found.

    Attributes:
        problems: what `check` finds, sorted.
        findings: what lint finds and no comment passes over; empty where the specs do not
            fit together.
        ignored: how many findings comments pass over.
        plan: what the specs mean, or None where they have errors together.
    """

    problems: tuple[Diagnostic, ...]
    findings: tuple[Finding, ...]
    ignored: int
    plan: Plan | None


def review(sources: Mapping[str, bytes]) -> Reviewed:
    """Check all sources as `check` does, and look at what is valid with every check of lint.

    Files with errors of their own are left out of lint; where the others do not fit together
    there is none.
    """
    plan, documents, problems = analyse(sources)
    if plan is None:
        return Reviewed(problems, (), 0, None)
    family, _ = resolve(documents)
    found = lint(plan, family)
    ignores = (
        one
        for file in sorted({document.file for document in documents})
        if not file.endswith(FLEET_SUFFIX)
        for one in read_ignores(sources[file], file)
    )
    findings, ignored = pass_over(found, ignores, {check.code for check in CHECKS})
    return Reviewed(problems, findings, ignored, None if has_errors(problems) else plan)
