"""Guardrails that do not hold, as problems of the policies. Layer: analyze."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.analyze.prove.guardrails import prove_guardrails
from wilkc.analyze.prove.wanted import wanted_guardrails
from wilkc.core.diagnostics import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wilkc.analyze.prove.model import Verdict
    from wilkc.plan import Plan
    from wilkc.spec import Document


def guardrail_problems(plan: Plan, documents: Iterable[Document]) -> Iterator[Diagnostic]:
    """An error for every guardrail of the policies, and every set of agents it does not bind."""
    wanted = wanted_guardrails(documents)
    for verdict in prove_guardrails(plan, wanted.nevers, wanted.within):
        if verdict.outcome != "holds" and verdict.span is not None:
            yield Diagnostic(
                "W151", "error", _message(verdict), verdict.span, _label(verdict), _help(verdict)
            )


def _message(verdict: Verdict) -> str:
    more = len(verdict.agents) - 1
    who = f"`{verdict.agents[0]}`" + (f" and {more} more" if more else "")
    if verdict.outcome == "broken" and verdict.witness is None:
        return f"{who} is limited less than the guardrail `{verdict.guardrail}` demands"
    if verdict.witness is None:
        return f"whether {who} keeps to the guardrail `{verdict.guardrail}` is not decided"
    asked = verdict.witness
    request = f"{asked.type}:{asked.id} {asked.action}"
    return f"{who} may do `{request}`, against the guardrail `{verdict.guardrail}`"


def _label(verdict: Verdict) -> str:
    rule = verdict.rule
    if rule is None or (verdict.outcome == "broken" and verdict.witness is None):
        return verdict.why
    return f"`{rule.text}` at {rule.file}:{rule.line}:{rule.column} grants it"


def _help(verdict: Verdict) -> str:
    if verdict.outcome == "inconclusive":
        return f"write plainer patterns: {verdict.why}" if verdict.why else "write plainer patterns"
    if verdict.witness is None:
        return "set the same limit, or a stricter one"
    return "narrow the rule, or block what the guardrail names"
