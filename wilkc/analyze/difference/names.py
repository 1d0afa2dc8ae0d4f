"""Models, system actions, tools and agents: names in lists. Layer: analyze.

LANGUAGE.md sections 6 and 8. Blocks ignore case, allows do not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wilkc.analyze.difference.asking import Entry, Lists, surplus
from wilkc.analyze.difference.calls import call_properties
from wilkc.analyze.difference.model import Undecided
from wilkc.analyze.difference.risk import name_risk
from wilkc.analyze.difference.sides import NOT_CONFIRMED, is_spent, place_of
from wilkc.core.contract import Request
from wilkc.language.automata import CANONICAL_NAME, Witness, name_language
from wilkc.plan.model import NameLists

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from wilkc.analyze.difference.asking import Surplus
    from wilkc.analyze.difference.sides import Direction, Finding, Side
    from wilkc.plan import SpecPlan

_NOTHING: Final = NameLists()
_KINDS: Final = ("agent", "system", "tool")


def name_lists(side: Side, kind: str, action: str) -> Lists:
    """The entries of one side that judge an action on names."""
    allow, block = [], []
    for spec in side.specs:
        lists = _lists_of(spec, kind, action)
        for rule in () if _grants_nothing(spec, kind) else lists.allow:
            forms = tuple(CANONICAL_NAME & name_language(one) for one in rule.patterns)
            allow.append(Entry(spec, rule.id, forms))
        for rule in lists.block:
            forms = tuple(name_language(one, fold=True) for one in rule.patterns)
            block.append(Entry(spec, rule.id, forms))
    return Lists(tuple(allow), tuple(block))


def _lists_of(spec: SpecPlan, kind: str, action: str) -> NameLists:
    if kind == "llm":
        return spec.permissions.llm.models
    return spec.permissions.named.get(kind, {}).get(action, _NOTHING)


def _grants_nothing(spec: SpecPlan, kind: str) -> bool:
    """Whether a demand beside the name refuses every request: no call is left, or no signer."""
    if kind == "llm":
        return is_spent(spec.permissions.llm.rate)
    signed = spec.permissions.tools.signed
    return kind == "tool" and signed is not None and not signed.values


def named_actions(*sides: Side) -> list[tuple[str, str]]:
    """Every type and action on names that one of the sides has lists for."""
    found = {
        (kind, action)
        for side in sides
        for spec in side.specs
        for kind in _KINDS
        for action in spec.permissions.named.get(kind, {})
    }
    return [("llm", "request"), *sorted(found)]


def name_differences(direction: Direction, types: Collection[str]) -> Iterator[Finding]:
    """The clauses of all actions on names of some types."""
    for kind, action in named_actions(direction.to, direction.base):
        if kind not in types:
            continue
        to = name_lists(direction.to, kind, action)
        base = name_lists(direction.base, kind, action)
        for one in surplus(to, base, direction.budget):
            yield _finding(direction, kind, action, one)


def _finding(direction: Direction, kind: str, action: str, one: Surplus) -> Finding:
    why = NOT_CONFIRMED
    if isinstance(one.verdict, Witness):
        name = one.verdict.text
        change = direction.settle(
            Request(direction.agent, action, kind, name, properties)
            for properties in (call_properties(direction.to, name) if kind == "tool" else ({},))
        )
        if change is not None:
            if not direction.widening:
                return change
            risk, reason = name_risk(kind, action, change.new)
            return replace(change, risk=risk, why=reason)
        if kind == "tool":
            why = "no arguments were found that the schemas of the tool take"
    else:
        why = one.verdict.why
    return Undecided(kind, action, place_of(one.entry.spec, one.entry.rule), why)
