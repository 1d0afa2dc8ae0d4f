"""The reference evaluator: what a plan answers to a request. Layer: plan.

This module is the meaning of LANGUAGE.md section 2; each category's judge is the meaning of
its section. It is written to be read, not to be fast: no regular expressions, no indices.
Everything compiled is checked against it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wilkc.core.contract import SANDBOX_CONDITION, Condition, Decision, Request, denial
from wilkc.core.details import BLOCKED, UNMET, message
from wilkc.core.errors import RequestError
from wilkc.core.numbers import whole_number
from wilkc.core.verdict import Verdict
from wilkc.plan.conditional import at_best, at_request
from wilkc.plan.judges import check_properties, judge
from wilkc.plan.model import Permissions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.core.contract import Json
    from wilkc.plan.model import Plan, SpecPlan

TYPES: Final = frozenset({"file", "shell", "network", "llm", "data", "system", "tool", "agent"})
NOBODY: Final = Permissions()


def decide(plan: Plan, request: Request, *, revision: str = "") -> Decision:
    """The decision on one request.

    The order is normative: well formed, agent known, blocked, allowed, limits, rate. An
    agent with several specs gets what one of them grants by itself and none blocks.

    Args:
        plan: what the specs mean.
        request: the question; its paths are judged as the text they are.
        revision: digest of the bundle that this plan compiles to.

    Returns:
        A grant, or a denial with its reason. Never raises for what a request holds.
    """
    return replace(decide_by_spec(plan, request)[1], revision=revision)


def decide_by_spec(plan: Plan, request: Request) -> tuple[str, Decision]:
    """The decision on one request, and the name of the spec that gave it.

    The name is empty where the agent has no spec, or the request is not made of text.
    """
    said = (request.agent, request.action, request.type, request.id)
    if not all(isinstance(one, str) for one in said):
        text = "agent, action, type and id must be text"
        return "", denial("VALIDATION_ERROR", "malformed_request", text)
    names = plan.agents.get(request.agent, ())
    roles = plan.roles.get(request.agent, ())
    specs = [plan.specs[name] for name in names]
    answers = [(spec.name, _decide_by(spec, request, roles, specs)) for spec in specs]
    return _joint(answers or [("", _decide_by(None, request, (), ()))])


def _joint(answers: Sequence[tuple[str, Decision]]) -> tuple[str, Decision]:
    """One answer from those of all specs: a block of any denies, else a grant of any holds.

    Where all refuse, the first that names an entry says most.
    """
    for weighs in (_is_invalid, _is_blocked, _grants, _names_entry):
        for answer in answers:
            if weighs(answer[1]):
                return answer
    return answers[0]


def _is_invalid(answer: Decision) -> bool:
    return answer.reason == "VALIDATION_ERROR"


def _is_blocked(answer: Decision) -> bool:
    return answer.detail == BLOCKED


def _grants(answer: Decision) -> bool:
    return answer.allow


def _names_entry(answer: Decision) -> bool:
    return answer.rule is not None


def _decide_by(
    spec: SpecPlan | None, request: Request, roles: tuple[str, ...], specs: Sequence[SpecPlan]
) -> Decision:
    """What one of an agent's specs answers; None stands for an agent that has none."""
    try:
        check_properties(request)
        verdict = _verdict(spec, request, roles, specs)
    except RequestError as error:
        return denial("VALIDATION_ERROR", error.detail, error.message)
    if spec is None:
        text = message("unknown_agent", agent=request.agent)
        return denial("NO_PERMISSIONS", "unknown_agent", text)
    return _decision(spec, request, verdict)


def _verdict(
    spec: SpecPlan | None, request: Request, roles: tuple[str, ...], specs: Sequence[SpecPlan]
) -> Verdict:
    if request.type not in TYPES:
        return Verdict("unmatched", "unknown_type")
    if spec is None:
        return judge(NOBODY, request, fold=False)
    counting = at_request(spec, request, roles)
    # Only commands run scripts, which every spec of the agent may block.
    others = [one for one in specs if one is not spec] if request.type == "shell" else []
    beside = [(at_request(one, request, roles).permissions.file, one.fold) for one in others]
    verdict = judge(counting.permissions, request, fold=spec.fold, beside=beside)
    return _under_condition(spec, request, verdict)


def _under_condition(spec: SpecPlan, request: Request, verdict: Verdict) -> Verdict:
    """The verdict on what no entry allows now but a conditional one would, if it is so."""
    if verdict.detail != "no_rule_matches" or not spec.whens:
        return verdict
    other = judge(at_best(spec).permissions, request, fold=spec.fold)
    if other.outcome != "granted":
        return verdict
    return Verdict("unmatched", UNMET, other.rule, other.list)


def _decision(spec: SpecPlan, request: Request, verdict: Verdict) -> Decision:
    conditions = tuple(_filled(condition, spec, request) for condition in verdict.conditions)
    spent = sorted(condition.id for condition in conditions if _is_spent(condition, request))
    if verdict.outcome != "granted":
        return _denied(spec, request, verdict)
    if spent:
        return _denied(
            spec,
            request,
            Verdict("exceeded", "rate_exceeded", spent[0], verdict.list),
        )
    rule = spec.positions.get(verdict.rule)
    text = message(verdict.detail, text=rule.text if rule else "", list_name=verdict.list)
    return Decision(
        allow=True,
        reason="PERMISSION_GRANTED",
        detail=verdict.detail,
        message=text,
        rule=rule,
        conditions=conditions,
    )


def _denied(spec: SpecPlan, request: Request, verdict: Verdict) -> Decision:
    rule = spec.positions.get(verdict.rule)
    limited = verdict.detail == "rate_exceeded"
    return Decision(
        allow=False,
        reason="RATE_LIMIT_EXCEEDED" if limited else "PERMISSION_DENIED",
        detail=verdict.detail,
        message=message(
            verdict.detail,
            text=rule.text if rule else "",
            list_name=verdict.list,
            agent=request.agent,
        ),
        rule=rule,
    )


def _filled(condition: Condition, spec: SpecPlan, request: Request) -> Condition:
    """A rate is counted per agent, so its key names the agent; a sandbox is the spec's own."""
    own: dict[str, Json] = {}
    if condition.type == "rate_limit":
        own = {"key": f"{request.agent}/{condition.properties['key']}"}
    elif condition.id == SANDBOX_CONDITION:
        own = {"spec": spec.name}
    return replace(condition, properties={**condition.properties, **own})


def _is_spent(condition: Condition, request: Request) -> bool:
    if condition.type != "rate_limit":
        return False
    used = request.context.get("usage", {}).get(condition.properties["key"], 0)
    count = whole_number(used)
    return count is None or count >= condition.properties["limit"]
