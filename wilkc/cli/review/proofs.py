"""Proving guardrails, and that a change gives no new access. Layer: cli.

The verdicts come from the analysis; here they are asked for, their witnesses are confirmed,
and a comparison becomes a verdict on each agent.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from wilkc.analyze.difference import compare
from wilkc.analyze.prove import Never, Verdict, prove_guardrails
from wilkc.cli.library import CAPABILITIES, read_library
from wilkc.cli.review.confirming import Confirmation, UnconfirmedError, asked_opa, only_asking
from wilkc.compiler import assemble
from wilkc.core.errors import PatternError, UsageError, WilkError
from wilkc.language.guardrails import parse_guardrail
from wilkc.opa.evaluating import open_evaluator
from wilkc.plan import decide

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wilkc.analyze.difference import AgentGroup
    from wilkc.analyze.prove import Wanted
    from wilkc.cli.review.reviewing import Understood
    from wilkc.core.contract import Request
    from wilkc.plan import Plan

_HELP: Final = "this is a defect of Wilk; please report the request and the spec"


def nevers_of(texts: Iterable[str]) -> tuple[Never, ...]:
    """The guardrails of a command line.

    Raises:
        UsageError: one of them is none.
    """
    found = []
    for text in texts:
        try:
            found.append(Never(text, parse_guardrail(text)))
        except PatternError as error:
            raise UsageError(f"`--never`: {error.message}", help_text=error.help_text) from error
    return tuple(found)


def prove(plan: Plan, wanted: Wanted, budget: int | None) -> tuple[Verdict, ...]:
    """A verdict on every agent for every guardrail.

    Raises:
        WilkError: one is missing, which must not pass for proved: a defect of Wilk.
    """
    if budget is None:
        verdicts = prove_guardrails(plan, wanted.nevers, wanted.within)
    else:
        verdicts = prove_guardrails(plan, wanted.nevers, wanted.within, budget=budget)
    texts = [never.text for never in wanted.nevers]
    texts += [f"within {wanted.within.spec}"] if wanted.within else []
    for text in texts:
        judged = {agent for one in verdicts if one.guardrail == text for agent in one.agents}
        missing = sorted(plan.agents.keys() - judged)
        if missing:
            raise WilkError(f"there is no verdict on `{text}` for `{missing[0]}`", help_text=_HELP)
    return verdicts


def no_new_access(base: Understood, plan: Plan, budget: int | None) -> tuple[Verdict, ...]:
    """Whether each agent of a plan is granted nothing that the base does not grant it.

    Where something of the base is left out of which nothing is known, nothing holds; an agent
    that is new beside a base with gaps counts as not known.
    """
    old = base.plan
    comparison = compare(old, plan) if budget is None else compare(old, plan, budget=budget)
    text = f"no new access since {base.side.version.label}"
    left_out = base.side.left_out
    unknown = any(one.opaque for one in left_out)
    return tuple(
        _verdict(group, text, unknown=unknown or (bool(left_out) and group.fate == "added"))
        for group in comparison.groups
        if group.fate != "removed"
    )


def _verdict(group: AgentGroup, text: str, *, unknown: bool) -> Verdict:
    shown = next((one for one in group.changes if one.widens), None)
    if shown is not None:
        rule = shown.new or shown.old
        what = "" if shown.witness else f"{shown.type} {shown.action} {shown.detail}".rstrip()
        why = "; ".join(filter(None, (what, shown.why)))
        return Verdict(group.agents, text, None, "broken", shown.witness, rule, why)
    if group.undecided:
        first = group.undecided[0]
        return Verdict(group.agents, text, None, "inconclusive", None, first.rule, first.why)
    if unknown:
        why = "something of the old version was left out"
        return Verdict(group.agents, text, None, "inconclusive", why=why)
    return Verdict(group.agents, text, None, "holds")


def confirm_granted(plan: Plan, verdicts: Sequence[Verdict]) -> Confirmation:
    """Ask for every witness: the plan must grant it.

    Raises:
        UnconfirmedError: it does not: a defect of Wilk.
        UnavailableError: OPA fails, or `WILK_OPA` names one that cannot be used.
    """
    requests = [one.witness for one in verdicts if one.witness is not None]
    part = only_asking(plan, requests)
    _require("the evaluator", requests, (decide(part, one).allow for one in requests))
    opa = asked_opa() if requests else None
    if opa is not None:
        files, _ = assemble(part, read_library())
        with open_evaluator(opa.path, files, CAPABILITIES) as evaluator:
            answers = evaluator.answers(requests)
        _require("OPA", requests, (answer["decision"] is True for answer in answers))
    return Confirmation(len(requests), by_opa=opa is not None, versions=1)


def _require(who: str, requests: Sequence[Request], granted: Iterable[bool]) -> None:
    for request, allow in zip(requests, granted, strict=True):
        if not allow:
            asked = json.dumps(request.as_input(), ensure_ascii=True, sort_keys=True)
            raise UnconfirmedError(f"{who} does not grant a witness: {asked}", help_text=_HELP)


def failed(verdicts: Iterable[Verdict]) -> Iterator[Verdict]:
    """The verdicts that a gate refuses: all but those that hold."""
    return (one for one in verdicts if one.outcome != "holds")
