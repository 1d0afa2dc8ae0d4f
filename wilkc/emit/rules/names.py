"""Name lists, models, labelled data and calls of tools as readable Rego. Layer: emit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.emit.names import labels_data, llm_data
from wilkc.emit.regex import name_regex
from wilkc.emit.rules.model import Category, Constant, limit, pattern_list
from wilkc.emit.tools import tools_data

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wilkc.core.contract import RuleRef
    from wilkc.emit.rules.model import Head, Part
    from wilkc.plan.model import DataPlan, LlmPlan, NameLists, ToolPlan


def llm_rules(plan: LlmPlan, refs: Mapping[str, RuleRef]) -> Category:
    """The module `wilk.profiles.ID.llm`."""
    data = llm_data(plan)
    parts: tuple[Part, ...] = (
        *_lists((), plan.models, refs),
        limit("max_tokens", data["max_tokens"], refs),
        Constant(("conditions",), data["conditions"]),
    )
    return Category("llm", "Models", parts)


def labels_rules(plan: DataPlan, refs: Mapping[str, RuleRef]) -> Category:
    """The module `wilk.profiles.ID.data`."""
    data = labels_data(plan)
    labels = refs.get(plan.labels.id) if plan.labels else None
    parts: tuple[Part, ...] = (
        Constant(("labels",), data["labels"], labels),
        limit("encryption", data["encryption"], refs),
        limit("pii", data["pii"], refs),
        Constant(("conditions",), data["conditions"]),
    )
    return Category("data", "Labelled data", parts)


def named_rules(
    named: Mapping[str, Mapping[str, NameLists]], refs: Mapping[str, RuleRef]
) -> Category:
    """The module `wilk.profiles.ID.named`: resource type to action to lists."""
    parts = [
        part
        for kind, actions in sorted(named.items())
        for action, lists in sorted(actions.items())
        for part in _lists((kind, action), lists, refs)
    ]
    return Category("named", "System actions, tools and agents", tuple(parts))


def tools_rules(plan: ToolPlan, refs: Mapping[str, RuleRef]) -> Category:
    """The module `wilk.profiles.ID.tools`."""
    data = tools_data(plan)
    parts = (limit("signed", data["signed"], refs), Constant(("arguments",), data["arguments"]))
    return Category("tools", "What calls of tools must show", parts)


def _lists(head: Head, lists: NameLists, refs: Mapping[str, RuleRef]) -> Iterator[Part]:
    """An allow and a block list; blocks ignore case."""
    for name, rules, fold in (("allow", lists.allow, False), ("block", lists.block, True)):
        entries = [
            (rank, rule.id, [name_regex(pattern, fold=fold) for pattern in rule.patterns])
            for rank, rule in enumerate(rules)
        ]
        yield from pattern_list((*head, name), entries, refs)
