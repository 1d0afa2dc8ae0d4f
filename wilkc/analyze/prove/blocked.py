"""A spec as it would be with a guardrail among its blocks. Layer: analyze."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wilkc.core.contract import RuleRef
from wilkc.core.spans import Span
from wilkc.language.names import name_matches
from wilkc.plan.model import HostRule, NameLists, Names, Rule

if TYPE_CHECKING:
    from wilkc.language.guardrails import Guardrail
    from wilkc.language.names import NamePattern
    from wilkc.plan import SpecPlan
    from wilkc.plan.model import Permissions

_RULE: Final = "guardrail"
_NOWHERE: Final = Span("", 1, 1, 1, 1)


def with_block(spec: SpecPlan, guardrail: Guardrail) -> SpecPlan:
    """The spec with one more block; of data it loses the labels instead."""
    ref = RuleRef(_RULE, _NOWHERE.file, _NOWHERE.line, _NOWHERE.column)
    return replace(
        spec,
        permissions=_blocked(spec.permissions, guardrail),
        positions={**spec.positions, _RULE: ref},
    )


def _blocked(held: Permissions, guardrail: Guardrail) -> Permissions:
    patterns = guardrail.patterns
    rule = Rule(_RULE, "", _NOWHERE, patterns)
    match guardrail.type:
        case "file":
            return replace(held, file=replace(held.file, block=(*held.file.block, rule)))
        case "shell":
            return replace(held, shell=replace(held.shell, block=(*held.shell.block, rule)))
        case "network":
            host = HostRule(_RULE, "", _NOWHERE, patterns, (), frozenset())
            return replace(held, network=replace(held.network, block=(*held.network.block, host)))
        case "llm":
            models = replace(held.llm.models, block=(*held.llm.models.block, rule))
            return replace(held, llm=replace(held.llm, models=models))
        case "data":
            return replace(held, data=replace(held.data, labels=_without(held.data.labels, rule)))
    lists = dict(held.named.get(guardrail.type, {}))
    own = lists.get(guardrail.action, NameLists())
    lists[guardrail.action] = replace(own, block=(*own.block, rule))
    return replace(held, named={**held.named, guardrail.type: lists})


def _without(labels: Names | None, rule: Rule[NamePattern]) -> Names | None:
    """The labels that no pattern of a rule takes, in whatever case."""
    if labels is None:
        return None
    kept = frozenset(
        label
        for label in labels.values
        if not any(name_matches(pattern, label, fold=True) for pattern in rule.patterns)
    )
    return replace(labels, values=kept)
