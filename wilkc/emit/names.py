"""Name lists, models and labelled data as data for the fixed Rego. Layer: emit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.emit.alternation import name_list
from wilkc.emit.files import limit_data
from wilkc.emit.regex import name_regex
from wilkc.plan.judges.names import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wilkc.core.contract import Json
    from wilkc.language.names import NamePattern
    from wilkc.plan.model import DataPlan, Limit, LlmPlan, NameLists, Rule


def llm_data(plan: LlmPlan) -> Json:
    """The JSON under `profiles[pid].llm`."""
    conditions: list[Json] = []
    if plan.content_filtering:
        conditions.append(_condition(plan.content_filtering, "content_filter"))
    if plan.max_tokens:
        tokens = {"max_tokens": plan.max_tokens.value}
        conditions.append(_condition(plan.max_tokens, "max_tokens", tokens))
    if plan.rate:
        window = {"key": "llm", "limit": plan.rate.value, "window_seconds": SECONDS_PER_HOUR}
        conditions.append(_condition(plan.rate, "rate_limit", window))
    return {
        **lists_data(plan.models),
        "max_tokens": limit_data(plan.max_tokens),
        "conditions": conditions,
    }


def lists_data(lists: NameLists) -> Json:
    """An allow and a block list; blocks ignore case."""
    return {
        "allow": name_list(_entries(lists.allow, fold=False)),
        "block": name_list(_entries(lists.block, fold=True)),
    }


def named_data(named: Mapping[str, Mapping[str, NameLists]]) -> Json:
    """The JSON under `profiles[pid].named`: resource type to action to lists."""
    return {
        kind: {action: lists_data(lists) for action, lists in actions.items()}
        for kind, actions in named.items()
    }


def labels_data(plan: DataPlan) -> Json:
    """The JSON under `profiles[pid].data`."""
    conditions: list[Json] = []
    if plan.pii:
        conditions.append(_condition(plan.pii, "detect_pii"))
    if plan.retention:
        conditions.append(_condition(plan.retention, "retain", {"seconds": plan.retention.value}))
    return {
        "labels": dict.fromkeys(sorted(plan.labels.values), plan.labels.id) if plan.labels else {},
        "encryption": _demand(plan.encryption),
        "pii": _demand(plan.pii),
        "conditions": conditions,
    }


def _demand(flag: Limit | None) -> Json:
    return {"demanded": flag is not None, "rule": flag.id if flag else ""}


def _condition(limit: Limit, kind: str, properties: Json | None = None) -> Json:
    return {"id": limit.id, "type": kind, "properties": properties or {}}


def _entries(rules: Iterable[Rule[NamePattern]], *, fold: bool) -> Iterable[tuple[str, int, str]]:
    for rank, rule in enumerate(rules):
        for pattern in rule.patterns:
            yield name_regex(pattern, fold=fold), rank, rule.id
