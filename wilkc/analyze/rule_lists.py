"""The allow and block lists of a spec by name, to read and to exchange. Layer: analyze (pure)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from wilkc.language.atoms import ALLOW, BLOCK
from wilkc.plan.model import NameLists

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.language.atoms import Effect
    from wilkc.plan.model import Permissions, Rule

    Rules = tuple[Rule[Any], ...]


class ListKey(NamedTuple):
    """One list of rules.

    Attributes:
        type: the resource type that it is about.
        action: the action that it is about; empty for every action of the type, `port` for
            blocked ports.
        effect: `allow` or `block`.
    """

    type: str
    action: str
    effect: Effect


def rule_lists(permissions: Permissions) -> Iterator[tuple[ListKey, Rules]]:
    """Every list whose entries grant or block, in a fixed order."""
    file, network, shell = permissions.file, permissions.network, permissions.shell
    for action, rules in file.allow.items():
        yield ListKey("file", action, ALLOW), rules
    yield ListKey("file", "", BLOCK), file.block
    yield ListKey("network", "", ALLOW), network.allow
    yield ListKey("network", "", BLOCK), network.block
    yield ListKey("network", "port", BLOCK), network.blocked_ports
    yield ListKey("shell", "", ALLOW), shell.allow
    yield ListKey("shell", "", BLOCK), shell.block
    yield ListKey("llm", "", ALLOW), permissions.llm.models.allow
    yield ListKey("llm", "", BLOCK), permissions.llm.models.block
    for kind, actions in permissions.named.items():
        for action, lists in actions.items():
            yield ListKey(kind, action, ALLOW), lists.allow
            yield ListKey(kind, action, BLOCK), lists.block


def allow_rules(permissions: Permissions, kind: str, action: str) -> Rules:
    """The allow list that a request of this type and action is judged by."""
    held = dict(rule_lists(permissions))
    return held.get(ListKey(kind, action, ALLOW)) or held.get(ListKey(kind, "", ALLOW), ())


def with_rules(permissions: Permissions, key: ListKey, rules: Rules) -> Permissions:
    """The permissions with one list exchanged for another."""
    match key.type:
        case "file" if key.effect == BLOCK:
            return replace(permissions, file=replace(permissions.file, block=rules))
        case "file":
            allow = {**permissions.file.allow, key.action: rules}
            return replace(permissions, file=replace(permissions.file, allow=allow))
        case "network" | "shell":
            field = "blocked_ports" if key.action else key.effect
            section: Any = replace(getattr(permissions, key.type), **{field: rules})
            return replace(permissions, **{key.type: section})
        case "llm":
            models = replace(permissions.llm.models, **{key.effect: rules})
            return replace(permissions, llm=replace(permissions.llm, models=models))
        case _:
            lists: Any = permissions.named.get(key.type, {})
            held = replace(lists.get(key.action, NameLists()), **{key.effect: rules})
            return replace(
                permissions,
                named={**permissions.named, key.type: {**lists, key.action: held}},
            )
