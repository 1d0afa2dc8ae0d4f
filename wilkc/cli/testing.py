"""Running the tests of a policy: reference, OPA, coverage and mutants together. Layer: cli."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from wilkc.analyze.cases import failure, matrix_cases, run_case, spec_cases
from wilkc.analyze.coverage import coverage
from wilkc.analyze.mutation import Mutation, mutation
from wilkc.cli.agreeing import check_with_opa, has_opa
from wilkc.core.diagnostics import has_errors, sort_diagnostics
from wilkc.core.errors import SpecError
from wilkc.spec import read_matrix

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wilkc.analyze.cases import Case, Outcome
    from wilkc.analyze.coverage import Coverage
    from wilkc.compiler import Understood
    from wilkc.core.diagnostics import Diagnostic
    from wilkc.plan import Plan

Engines = Literal["agrees", "absent", "not asked"]


@dataclass(frozen=True, slots=True)
class Report:
    """What came of all tests.

    Attributes:
        outcomes: every test, those of specs first, each in the order of its file.
        opa: whether OPA gave the same answers; where one differs there is no report.
        coverage: which entries decided a test.
        mutation: which changes a test notices, or None where that was not asked.
    """

    outcomes: tuple[Outcome, ...]
    opa: Engines
    coverage: Coverage
    mutation: Mutation | None

    @property
    def failures(self) -> tuple[Diagnostic, ...]:
        """A problem for each test that fails, by place."""
        return sort_diagnostics(failure(one) for one in self.outcomes if one.problem)

    @property
    def failed(self) -> int:
        """How many tests fail."""
        return sum(bool(one.problem) for one in self.outcomes)


def gather_cases(held: Understood, matrices: Mapping[str, bytes]) -> tuple[Case, ...]:
    """The tests of the specs and of matrix files.

    Raises:
        SpecError: a matrix has errors; all of all files.
    """
    cases = list(spec_cases(held.plan, held.documents))
    problems: list[Diagnostic] = []
    for file, data in matrices.items():
        rows, found = read_matrix(data, file)
        problems.extend(found)
        cases.extend(matrix_cases(rows))
    if has_errors(problems):
        raise SpecError(sort_diagnostics(problems))
    return tuple(cases)


def run_tests(plan: Plan, cases: Iterable[Case], *, with_opa: bool, with_mutants: bool) -> Report:
    """Ask everybody, and count.

    Raises:
        DisagreementError: OPA answers a test in another way than the reference evaluator.
        UnavailableError: OPA fails, or `WILK_OPA` names one that is not there.
    """
    outcomes = tuple(run_case(plan, case) for case in cases)
    opa = _ask_opa(plan, outcomes) if with_opa else "not asked"
    found = coverage(plan, outcomes)
    changed = mutation(plan, found.entries, outcomes) if with_mutants else None
    return Report(outcomes, opa, found, changed)


def _ask_opa(plan: Plan, outcomes: Iterable[Outcome]) -> Engines:
    asked = [one for one in outcomes if one.request is not None]
    if not has_opa():
        return "absent"
    # A spec is tested by itself, so its agent there may have other specs than it really has.
    alone = {one.case.agent: one.case.specs for one in asked if one.case.specs is not None}
    real = [one.request for one in asked if one.request is not None and one.case.specs is None]
    own = [one.request for one in asked if one.request is not None and one.case.specs is not None]
    for agents, requests in ((alone, own), (plan.agents, real)):
        if requests:
            check_with_opa(replace(plan, agents=agents), requests)
    return "agrees"
