"""Uniting a spec's permissions with those it extends. Layer: plan. LANGUAGE.md section 10.

Allow lists and block lists are united, numeric limits take the smaller, booleans that
restrict take true. What only one side limits stays limited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.plan.model import (
    DataPlan,
    EnvironmentPlan,
    FilePlan,
    Limit,
    LlmPlan,
    NameLists,
    Names,
    NetworkPlan,
    Permissions,
    Rule,
    ShellPlan,
    ToolPlan,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.language.paths import PathPattern


def unite(own: Permissions, base: Permissions) -> Permissions:
    """What a spec means that extends another; `own` rules come first in every list."""
    return Permissions(
        file=_files(own.file, base.file),
        network=_networks(own.network, base.network),
        shell=_shells(own.shell, base.shell),
        llm=_llms(own.llm, base.llm),
        data=_datas(own.data, base.data),
        tools=ToolPlan(
            arguments=(*own.tools.arguments, *base.tools.arguments),
            signed=_names(own.tools.signed, base.tools.signed),
        ),
        named={
            kind: _lists_by_action(own.named.get(kind, {}), base.named.get(kind, {}))
            for kind in sorted({*own.named, *base.named})
        },
    )


def _files(own: FilePlan, base: FilePlan) -> FilePlan:
    actions = dict.fromkeys((*own.allow, *base.allow))
    return FilePlan(
        allow={
            action: (*own.allow.get(action, ()), *base.allow.get(action, ())) for action in actions
        },
        block=(*own.block, *base.block),
        extensions=_names(own.extensions, base.extensions),
        max_file_size=_smaller(own.max_file_size, base.max_file_size),
    )


def _networks(own: NetworkPlan, base: NetworkPlan) -> NetworkPlan:
    return NetworkPlan(
        allow=(*own.allow, *base.allow),
        block=(*own.block, *base.block),
        blocked_ports=(*own.blocked_ports, *base.blocked_ports),
        rate=_smaller(own.rate, base.rate),
        timeout=_smaller(own.timeout, base.timeout),
    )


def _shells(own: ShellPlan, base: ShellPlan) -> ShellPlan:
    return ShellPlan(
        allow=(*own.allow, *base.allow),
        block=(*own.block, *base.block),
        interpreters=_names(own.interpreters, base.interpreters),
        directories=_directories(own, base),
        environment=EnvironmentPlan(
            allow=(*own.environment.allow, *base.environment.allow),
            block=(*own.environment.block, *base.environment.block),
            fixed={**base.environment.fixed, **own.environment.fixed},
        ),
        max_seconds=_smaller(own.max_seconds, base.max_seconds),
        max_memory=_smaller(own.max_memory, base.max_memory),
    )


def _directories(own: ShellPlan, base: ShellPlan) -> tuple[Rule[PathPattern], ...] | None:
    if own.directories is None or base.directories is None:
        return own.directories if base.directories is None else base.directories
    return (*own.directories, *base.directories)


def _llms(own: LlmPlan, base: LlmPlan) -> LlmPlan:
    return LlmPlan(
        models=_name_lists(own.models, base.models),
        max_tokens=_smaller(own.max_tokens, base.max_tokens),
        rate=_smaller(own.rate, base.rate),
        content_filtering=own.content_filtering or base.content_filtering,
    )


def _datas(own: DataPlan, base: DataPlan) -> DataPlan:
    return DataPlan(
        labels=_names(own.labels, base.labels),
        conditional=(*own.conditional, *base.conditional),
        encryption=own.encryption or base.encryption,
        pii=own.pii or base.pii,
        retention=_smaller(own.retention, base.retention),
    )


def _lists_by_action(
    own: Mapping[str, NameLists], base: Mapping[str, NameLists]
) -> Mapping[str, NameLists]:
    empty = NameLists()
    return {
        action: _name_lists(own.get(action, empty), base.get(action, empty))
        for action in sorted({*own, *base})
    }


def _name_lists(own: NameLists, base: NameLists) -> NameLists:
    return NameLists((*own.allow, *base.allow), (*own.block, *base.block))


def _names(own: Names | None, base: Names | None) -> Names | None:
    if own is None or base is None:
        return own or base
    return Names(own.id, own.values | base.values, own.span)


def _smaller(own: Limit | None, base: Limit | None) -> Limit | None:
    if own is None or base is None:
        return own or base
    return base if base.value < own.value else own
