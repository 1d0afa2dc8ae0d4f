"""Proving guardrails over all agents, exactly. Layer: analyze. LANGUAGE.md section 10.

What `never` names is written as a block: so an agent breaks it if it is granted what it would
not be granted with that block besides. What `within` names is a spec: an agent breaks it if it
is granted what that spec alone would not grant, or under weaker limits or conditions. Both are
questions of the difference of two versions, answered for each set of specs that agents have.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from wilkc.analyze.difference import Change, Undecided
from wilkc.analyze.difference.comparing import grants_beyond
from wilkc.analyze.difference.sides import Side
from wilkc.analyze.prove.blocked import with_block
from wilkc.analyze.prove.model import Verdict
from wilkc.language.automata import DEFAULT_BUDGET
from wilkc.plan import OwnSpecs, Plan

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from wilkc.analyze.difference.sides import Finding
    from wilkc.analyze.prove.model import Never, Within
    from wilkc.core.spans import Span
    from wilkc.language.guardrails import Guardrail


def prove_guardrails(
    plan: Plan,
    nevers: Iterable[Never],
    within: Within | None = None,
    *,
    budget: int = DEFAULT_BUDGET,
) -> tuple[Verdict, ...]:
    """A verdict on every agent for every guardrail.

    Args:
        plan: whose agents are asked about.
        nevers: what none of them may be granted.
        within: the spec beyond which none may be granted anything.
        budget: steps that one question may take, see `wilkc.language.automata`.

    Returns:
        For each guardrail in the order given, one verdict for all agents for which it holds,
        and one for each set of specs for which it does not.
    """
    sides = tuple(_sides(plan))
    verdicts: list[Verdict] = []
    for never in nevers:
        found = [(agents, _beyond_block(side, never.guardrail, budget)) for agents, side in sides]
        verdicts += _verdicts(never.text, never.span, found)
    if within is not None:
        found = [
            (agents, list(grants_beyond(side, bound, budget)))
            for agents, side, bound in _bounded(plan, within.spec)
        ]
        verdicts += _verdicts(f"within {within.spec}", within.span, found)
    return tuple(verdicts)


def _sides(plan: Plan) -> Iterator[tuple[tuple[str, ...], Side]]:
    """Agents with the same specs, with what they have."""
    own = OwnSpecs(plan)
    groups: dict[Hashable, list[str]] = {}
    for agent in sorted(plan.agents):
        groups.setdefault(own.alike(agent), []).append(agent)
    for agents in groups.values():
        yield tuple(agents), Side(agents[0], own.of(agents[0]) or ())


def _bounded(plan: Plan, bound: str) -> Iterator[tuple[tuple[str, ...], Side, Side]]:
    """The same, and what each of them would have if it had the spec that bounds all."""
    both = replace(plan, agents={agent: (*names, bound) for agent, names in plan.agents.items()})
    for agents, side in _sides(both):
        *own, last = side.specs
        yield agents, Side(side.agent, tuple(own)), Side(side.agent, (last,))


def _beyond_block(side: Side, guardrail: Guardrail, budget: int) -> list[Finding]:
    """What a side is granted against a guardrail.

    Files go by their canonical name: that a path may have another one beside it is a matter
    of the host, and would speak against every agent.
    """
    blocked = tuple(with_block(spec, guardrail) for spec in side.specs)
    found = grants_beyond(
        side, Side(side.agent, blocked), budget, types={guardrail.type}, other_names=False
    )
    return [one for one in found if one.action == guardrail.action]


def _verdicts(
    text: str, span: Span | None, found: Iterable[tuple[tuple[str, ...], list[Finding]]]
) -> list[Verdict]:
    """One verdict for those for which it holds, one for each others."""
    holding: list[str] = []
    verdicts = []
    for agents, findings in found:
        if findings:
            verdicts.append(_failed(agents, text, span, findings))
        else:
            holding.extend(agents)
    if holding:
        verdicts.insert(0, Verdict(tuple(sorted(holding)), text, span, "holds"))
    return verdicts


def _failed(
    agents: tuple[str, ...], text: str, span: Span | None, findings: list[Finding]
) -> Verdict:
    changes = [one for one in findings if isinstance(one, Change)]
    shown = [one for one in changes if one.witness]
    if shown:
        first = min(shown, key=_length)
        others = len(findings) - 1
        why = f"and {others} more entries" if others > 1 else "and one more entry" if others else ""
        return Verdict(agents, text, span, "broken", first.witness, first.new, why)
    # No single request shows a rate, a filter or a weaker sandbox, but all are beyond a bound.
    weaker = [one for one in changes if not _is_unsure(one)]
    if weaker:
        rule = weaker[0].new or weaker[0].old
        return Verdict(agents, text, span, "broken", None, rule, _what(weaker[0]))
    first_open = findings[0]
    if isinstance(first_open, Undecided):
        rule, why = first_open.rule, first_open.why
        return Verdict(agents, text, span, "inconclusive", None, rule, why)
    return Verdict(agents, text, span, "inconclusive", None, first_open.new, _what(first_open))


def _is_unsure(change: Change) -> bool:
    """Whether it may be none, because only the schema of a call was not found to be as strict."""
    return change.type == "tool"


def _what(change: Change) -> str:
    return f"{change.type} {change.action} {change.detail}"


def _length(change: Change) -> int:
    return len(change.witness.id) if change.witness else 0
