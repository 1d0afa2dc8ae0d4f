"""Tests of policies as values: what is asked, what is expected, what came of it. Layer: analyze."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from wilkc.core.contract import Decision, Request, denial
from wilkc.core.diagnostics import Diagnostic
from wilkc.core.errors import RequestError
from wilkc.language.requests import canonical_request, parse_short
from wilkc.plan import Plan, decide
from wilkc.spec import AgentSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wilkc.core.spans import Span
    from wilkc.spec import Document, MatrixRow

UNSPOKEN: tuple[str, ...] = ("VALIDATION_ERROR", "NO_PERMISSIONS")
"""Reasons that prove nothing about rules, so a test must name them to expect them: they come of
misspelt requests and agents."""


@dataclass(frozen=True, slots=True)
class Case:
    """One test.

    Attributes:
        agent: who asks.
        text: `TYPE:REST ACTION`.
        allow: the expected answer.
        span: where it stands.
        specs: the specs that the agent has in this test; None for those that it really has.
        context: circumstances.
        reason: the expected reason, or empty for any.
        rule: id of the expected deciding entry, or empty for any.
        name: what its author calls it, or empty.
    """

    agent: str
    text: str
    allow: bool
    span: Span
    specs: tuple[str, ...] | None = None
    context: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    rule: str = ""
    name: str = ""

    @property
    def title(self) -> str:
        """Its name, or what it asks."""
        return self.name or self.text


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a test.

    Attributes:
        case: the test.
        request: what was asked, or None where the text is no request.
        decision: the answer.
        problem: how the answer differs from what was expected, or empty.
    """

    case: Case
    request: Request | None
    decision: Decision
    problem: str


def spec_cases(plan: Plan, documents: Iterable[Document]) -> Iterator[Case]:
    """The `tests:` of every spec, in their order.

    A spec is tested by itself, as if its one agent were called like it.
    """
    names = {spec.span: name for name, spec in plan.specs.items()}
    for document in documents:
        if not isinstance(document.model, AgentSpec):
            continue
        for number, test in enumerate(document.model.tests):
            name = names[document.span]
            key = "allow" if test.allow is not None else "deny"
            yield Case(
                agent=name,
                text=test.allow or test.deny or "",
                allow=test.allow is not None,
                span=document.where(("tests", number, key)),
                specs=(name,),
                context=dict(test.context or {}),
                reason=test.reason or "",
                name=test.name or "",
            )


def matrix_cases(rows: Iterable[tuple[MatrixRow, Span]]) -> Iterator[Case]:
    """The rows of a matrix file; an agent has the specs that it really has."""
    for row, span in rows:
        yield Case(
            agent=row.agent,
            text=row.request,
            allow=row.expect == "allow",
            span=span,
            context=dict(row.context or {}),
            reason=row.reason or "",
            rule=row.rule or "",
            name=row.name or "",
        )


def run_case(plan: Plan, case: Case) -> Outcome:
    """Ask the reference evaluator."""
    try:
        request = _request(case)
    except RequestError as error:
        decision = denial("VALIDATION_ERROR", error.detail, error.message)
        return Outcome(case, None, decision, _problem(case, decision))
    return ask(plan, case, request)


def ask(plan: Plan, case: Case, request: Request) -> Outcome:
    """Ask the reference evaluator what was read from the case before."""
    decision = decide(plan_of(plan, case), request)
    return Outcome(case, request, decision, _problem(case, decision))


def plan_of(plan: Plan, case: Case) -> Plan:
    """The plan in which the agent has the specs that the test gives it."""
    if case.specs is None:
        return plan
    return Plan(plan.specs, {case.agent: case.specs}, roles=plan.roles)


def failure(outcome: Outcome) -> Diagnostic:
    """The problem of a test that fails."""
    decision = outcome.decision
    place = f" ({decision.rule.file}:{decision.rule.line})" if decision.rule else ""
    return Diagnostic(
        "W146",
        "error",
        f"the test `{outcome.case.title}` fails: {outcome.problem}",
        outcome.case.span,
        label=f"{decision.message}{place}",
        help=_help(decision),
    )


def _request(case: Case) -> Request:
    resource, _, action = case.text.rpartition(" ")
    request = parse_short(case.agent, resource, action)
    return canonical_request(replace(request, context=dict(case.context)))


def _problem(case: Case, decision: Decision) -> str:
    answer = "allowed" if decision.allow else f"denied with {decision.reason}"
    unspoken = decision.reason in UNSPOKEN and not case.reason
    if decision.allow != case.allow or unspoken or case.reason not in {"", decision.reason}:
        return f"the request is {answer}"
    decided = decision.rule.id if decision.rule else "no entry"
    if case.rule not in {"", decided}:
        return f"`{decided}` decides, not `{case.rule}`"
    return ""


def _help(decision: Decision) -> str:
    if decision.reason == "VALIDATION_ERROR":
        return "mend the request; if it is meant as it is, add `reason: VALIDATION_ERROR`"
    if decision.reason == "NO_PERMISSIONS":
        return "name an agent that has a spec; if it is meant, add `reason: NO_PERMISSIONS`"
    return "change the rule, or the test if it says the wrong thing"
