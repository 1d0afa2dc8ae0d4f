"""Why a request is answered as it is, and what is nearest to a grant. Layer: analyze (pure)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from wilkc.analyze.nearest import (
    Nearest,
    nearest_command,
    nearest_host,
    nearest_name,
    nearest_path,
)
from wilkc.analyze.rule_lists import allow_rules, rule_lists, with_rules
from wilkc.analyze.suggest import NoSuggestionError, Suggestion, suggest
from wilkc.core.details import BLOCKED, UNMET
from wilkc.core.errors import RequestError
from wilkc.language.when import shown
from wilkc.plan import decide, decide_by_spec, entries
from wilkc.plan.judges.shell import refused_layers
from wilkc.plan.model import Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.core.contract import Decision, Request, RuleRef
    from wilkc.core.spans import Span
    from wilkc.language.when import Held
    from wilkc.plan import Plan, SpecPlan
    from wilkc.spec import Document

COMPARED: Final = frozenset(
    {
        "no_rule_matches", "protocol_not_allowed", "port_not_allowed", "guarded_option",
        "code_not_spelled",
    }
)  # fmt: skip
"""Refusals of which another entry of the list could have been the answer."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """One decision and everything that is to be said about it.

    Attributes:
        request: what was asked.
        spec: name of the spec that answered, or empty.
        specs: names of all specs of the agent.
        decision: the answer.
        span: the deciding entry, or None.
        nearest: the nearest allow, where no allow matched.
        blocks: every block that matches, where one did.
        unblocked: what the answer would be without these blocks.
        conditions: of the one entry that would allow it: each test of its `when`, and whether
            the request shows that it holds; None where it does not say.
        suggestion: what to add, where additions help.
        no_suggestion: why nothing is suggested; empty for a grant or beside a suggestion.
    """

    request: Request
    spec: str
    specs: tuple[str, ...]
    decision: Decision
    span: Span | None = None
    nearest: Nearest | None = None
    blocks: tuple[RuleRef, ...] = ()
    unblocked: Decision | None = None
    conditions: tuple[tuple[str, Held], ...] = ()
    suggestion: Suggestion | None = None
    no_suggestion: str = ""


def explain(documents: Sequence[Document], plan: Plan, request: Request) -> Explanation:
    """Why a plan answers a canonical request as it does. Never raises for what a request holds.

    Args:
        documents: what the plan was made from; suggestions are tried on them.
        plan: what the documents mean.
        request: the question.
    """
    name, decision = decide_by_spec(plan, request)
    specs = plan.agents[request.agent] if name else ()
    found = Explanation(request, name, specs, decision, _span(plan, name, decision))
    if decision.allow:
        return found
    if decision.detail == BLOCKED:
        return _blocked(found, plan)
    if decision.reason == "VALIDATION_ERROR":
        return replace(found, no_suggestion="a request that is not canonical is never granted")
    if not name:
        return replace(found, no_suggestion=_unknown(plan, request.agent))
    if decision.detail == UNMET:
        return _unmet(found, plan)
    if decision.rule is not None:
        why = f"a limit decides: the edit is to `{decision.rule.id}`, and not to an allow list"
        return replace(found, no_suggestion=why)
    return _unmatched(found, documents, plan)


def _unmet(found: Explanation, plan: Plan) -> Explanation:
    """What of the entry's condition holds, what does not, and what the request does not show."""
    rule = entries(plan.specs[found.spec].permissions)[_named(found.decision)]
    roles = plan.roles.get(found.request.agent, ())
    tests = rule.when.tests if isinstance(rule, Rule) and rule.when is not None else ()
    held = tuple(
        (f"{name} {test.words()}", test.holds(shown(name, found.request, roles)))
        for name, test in tests
    )
    why = "an entry names it already: ask when its condition holds, or change that"
    return replace(found, conditions=held, no_suggestion=why)


def _named(decision: Decision) -> str:
    return decision.rule.id if decision.rule else ""


def _span(plan: Plan, name: str, decision: Decision) -> Span | None:
    if not name or decision.rule is None:
        return None
    return entries(plan.specs[name].permissions)[decision.rule.id].span


def _unknown(plan: Plan, agent: str) -> str:
    held = "has no spec" if agent in plan.agents else "is in no spec, binding or fleet"
    return f"the agent {held}: an entry cannot help before it has one"


def _blocked(found: Explanation, plan: Plan) -> Explanation:
    """Take the blocks that match away, one after another, to name them all."""
    blocks: list[RuleRef] = []
    name, decision = found.spec, found.decision
    while decision.detail == BLOCKED and decision.rule is not None:
        blocks.append(decision.rule)
        spec = _without(plan.specs[name], decision.rule.id)
        plan = replace(plan, specs={**plan.specs, name: spec})
        name, decision = decide_by_spec(plan, found.request)
    why = "a block decides, and deny beats allow: the edit is to the block"
    return replace(found, blocks=tuple(blocks), unblocked=decision, no_suggestion=why)


def _without(spec: SpecPlan, rule: str) -> SpecPlan:
    permissions = spec.permissions
    for key, rules in rule_lists(permissions):
        if any(one.id == rule for one in rules):
            kept = tuple(one for one in rules if one.id != rule)
            permissions = with_rules(permissions, key, kept)
    return replace(spec, permissions=permissions)


def _unmatched(found: Explanation, documents: Sequence[Document], plan: Plan) -> Explanation:
    """The nearest allow of all the agent's specs, and what to add to the one that has it."""
    best: Nearest | None = None
    name = found.spec
    for one in found.specs if found.decision.detail in COMPARED else ():
        near = _nearest(plan.specs[one], found.request)
        if near is not None and (best is None or near.edits < best.edits):
            best, name = near, one
    # What stands in a spec that says more about the refusal is edited there.
    alone = decide(replace(plan, agents={found.request.agent: (name,)}), found.request)
    if alone.rule is not None or (best is None and found.spec != name):
        name = found.spec
    try:
        suggestion = suggest(documents, plan, found.request, name)
    except NoSuggestionError as error:
        return replace(found, nearest=best, no_suggestion=str(error))
    return replace(found, nearest=best, suggestion=suggestion)


def _nearest(spec: SpecPlan, request: Request) -> Nearest | None:
    """The nearest allow for what the request's type compares, or for its first refused command."""
    rules = allow_rules(spec.permissions, request.type, request.action)
    given = request.properties
    try:
        match request.type:
            case "file":
                return nearest_path(rules, request.id, fold=spec.fold)
            case "network":
                hosts = spec.permissions.network.allow
                return nearest_host(hosts, given["host"], given["port"], given["protocol"])
            case "shell":
                refused = refused_layers(spec.permissions, request, fold=spec.fold)
                return nearest_command(rules, refused[0][0]) if refused else None
            case "llm" | "tool" | "system" | "agent":
                return nearest_name(rules, request.id)
    except RequestError:
        return None
    return None
