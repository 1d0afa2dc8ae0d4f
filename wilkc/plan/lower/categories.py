"""The categories of a spec's `permissions`, one function each. Layer: plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.language.atoms import ALLOW, BLOCK
from wilkc.language.names import parse_name_rule
from wilkc.language.schemas import parse_schema
from wilkc.plan.judges.files import FILE_ACTIONS, fold_extension
from wilkc.plan.lower.entries import (
    Place,
    command_rules,
    flag,
    label_rules,
    limit,
    name_lists,
    name_rules,
    names,
    path_rules,
)
from wilkc.plan.model import (
    ArgumentRule,
    DataPlan,
    EnvironmentPlan,
    FilePlan,
    LlmPlan,
    NameLists,
    ShellPlan,
    ToolPlan,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.plan.lower.entries import Entries
    from wilkc.spec import (
        Agents,
        Data,
        EnvironmentVariables,
        Filesystem,
        Llm,
        Shell,
        System,
        Tools,
    )

AGENT_ACTIONS = ("use", "create", "modify", "delete", "share")


def lower_files(section: Filesystem, place: Place) -> FilePlan:
    """The `filesystem` category."""
    meta, meta_place = section.metadata, place.at("metadata")
    extensions = None if meta is None else meta.allowed_extensions
    return FilePlan(
        allow={
            action: path_rules(
                getattr(section, action), place.at(action), f"fs.{action}.allow", ALLOW
            )
            for action in FILE_ACTIONS
        },
        block=path_rules(
            None if meta is None else meta.blocked_paths,
            meta_place.at("blocked_paths"),
            "fs.block",
            BLOCK,
        ),
        extensions=names(
            None
            if extensions is None
            else [fold_extension(text.removeprefix(".")) for text in extensions],
            meta_place.at("allowed_extensions"),
            "fs.extensions",
        ),
        max_file_size=limit(
            None if meta is None else meta.max_file_size,
            meta_place.at("max_file_size"),
            "fs.max_file_size",
        ),
    )


def lower_shell(section: Shell, place: Place) -> ShellPlan:
    """The `shell` category."""
    directories = section.working_directories
    return ShellPlan(
        allow=command_rules(
            section.allowed_commands, place.at("allowed_commands"), "shell.allow", ALLOW
        ),
        block=command_rules(
            section.blocked_commands, place.at("blocked_commands"), "shell.block", BLOCK
        ),
        interpreters=names(
            section.allowed_interpreters, place.at("allowed_interpreters"), "shell.interpreters"
        ),
        directories=None
        if directories is None
        else path_rules(directories, place.at("working_directories"), "shell.directories", ALLOW),
        environment=_environment(section.environment_variables, place.at("environment_variables")),
        max_seconds=limit(
            section.max_execution_time, place.at("max_execution_time"), "shell.max_execution_time"
        ),
        max_memory=limit(
            section.max_memory_usage, place.at("max_memory_usage"), "shell.max_memory_usage"
        ),
    )


def lower_llm(section: Llm, place: Place) -> LlmPlan:
    """The `llm` category."""
    return LlmPlan(
        models=name_lists(
            section.allowed_models,
            place.at("allowed_models"),
            section.blocked_models,
            place.at("blocked_models"),
            "llm",
        ),
        max_tokens=limit(
            section.max_tokens_per_request,
            place.at("max_tokens_per_request"),
            "llm.max_tokens_per_request",
        ),
        rate=limit(
            section.max_requests_per_hour,
            place.at("max_requests_per_hour"),
            "llm.max_requests_per_hour",
        ),
        content_filtering=flag(
            section.content_filtering, place.at("content_filtering"), "llm.content_filtering"
        ),
    )


def lower_data(section: Data, place: Place) -> DataPlan:
    """The `data` category."""
    labels, conditional = label_rules(
        section.data_classification, place.at("data_classification"), "data.classification"
    )
    return DataPlan(
        labels=labels,
        conditional=conditional,
        encryption=flag(
            section.encryption_required, place.at("encryption_required"), "data.encryption"
        ),
        pii=flag(section.pii_detection, place.at("pii_detection"), "data.pii_detection"),
        retention=limit(section.retention_policy, place.at("retention_policy"), "data.retention"),
    )


def lower_system(section: System, place: Place) -> Mapping[str, NameLists]:
    """The `system` category: one allow list per action, `admin` as a list of everything."""
    groups: dict[str, tuple[Entries, Place]] = {
        "info": (section.info, place.at("info")),
        "signal": (section.signal, place.at("signal")),
    }
    for group in ("env", "config", "registry"):
        members = getattr(section, group)
        if members is not None:
            for action in type(members).model_fields:
                at = place.at(group, action)
                groups[f"{group}.{action}"] = (getattr(members, action), at)
    lists = {
        action: NameLists(name_rules(texts, at, f"system.{action}.allow"))
        for action, (texts, at) in groups.items()
    }
    if section.admin:
        rule = name_rules(("*",), place.at("admin"), "system.admin.allow")
        lists["admin"] = NameLists(rule)
    return lists


def lower_tools(section: Tools, place: Place) -> Mapping[str, NameLists]:
    """The `tools` category: the one action is `call`."""
    return {
        "call": name_lists(
            section.allowed, place.at("allowed"), section.blocked, place.at("blocked"), "tools"
        )
    }


def lower_calls(section: Tools, place: Place) -> ToolPlan:
    """What calls of tools must show beside their name."""
    held = section.arguments or {}
    return ToolPlan(
        arguments=tuple(
            ArgumentRule(
                id=f"{place.origin}tools.arguments.{number}",
                text=name,
                span=place.at("arguments", name).span,
                patterns=parse_name_rule(name),
                schema=parse_schema(schema),
            )
            for number, (name, schema) in enumerate(held.items())
        ),
        signed=names(section.signed, place.at("signed"), "tools.signed"),
    )


def lower_agents(section: Agents, place: Place) -> Mapping[str, NameLists]:
    """The `agents` category: one allow list per action."""
    return {
        action: NameLists(
            name_rules(getattr(section, action), place.at(action), f"agents.{action}.allow")
        )
        for action in AGENT_ACTIONS
    }


def _environment(section: EnvironmentVariables | None, place: Place) -> EnvironmentPlan:
    if section is None:
        return EnvironmentPlan()
    return EnvironmentPlan(
        allow=name_rules(section.allow, place.at("allow"), "shell.env.allow"),
        block=name_rules(section.block, place.at("block"), "shell.env.block"),
        fixed=dict(section.set or {}),
    )
