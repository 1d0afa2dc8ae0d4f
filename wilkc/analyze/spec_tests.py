"""The `tests:` that specs carry, run through the reference evaluator. Layer: analyze."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.analyze.cases import failure, run_case, spec_cases

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wilkc.core.diagnostics import Diagnostic
    from wilkc.plan import Plan
    from wilkc.spec import Document


def run_spec_tests(plan: Plan, documents: Iterable[Document]) -> Iterator[Diagnostic]:
    """A problem for every test that the plan does not answer as its author wrote."""
    for case in spec_cases(plan, documents):
        outcome = run_case(plan, case)
        if outcome.problem:
            yield failure(outcome)
