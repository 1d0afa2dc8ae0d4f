"""Every list of entries in a set of permissions. Layer: analyze (pure)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from wilkc.analyze.lint.model import own

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wilkc.analyze.lint.model import Subject
    from wilkc.language.when import When
    from wilkc.plan.model import NameLists, Permissions, Rule

Kind = Literal["path", "host", "command", "name", "variable"]
_KEYS: Final = {"tool": "tools", "agent": "agents", "system": "system"}
_BLOCKED: Final = {"tools": ("tools.allowed", "tools.blocked")}


@dataclass(frozen=True, slots=True)
class RuleList:
    """One list as it is written, and what bears on it.

    Attributes:
        name: its key, with those above it.
        kind: what its entries are patterns of.
        allows: whether its entries grant.
        rules: the entries written here.
        blocks: every entry in effect that takes away from what the list grants, whatever the
            time; none for a list that blocks.
        when: the condition of all its entries, or None where they always hold.
    """

    name: str
    kind: Kind
    allows: bool
    rules: tuple[Rule[Any], ...]
    blocks: tuple[Rule[Any], ...] = ()
    when: When | None = None


def rule_lists(subject: Subject) -> tuple[RuleList, ...]:
    """The lists that have entries of their own, each once."""
    if "lists" not in subject.kept:
        every = (
            *(one for one in _every(subject.permissions) if one.allows),
            *(one for one in _every(subject.written) if not one.allows),
        )
        held = (replace(one, rules=tuple(own(one.rules))) for one in every)
        subject.kept["lists"] = tuple(part for one in held for part in _by_condition(one))
    lists: tuple[RuleList, ...] = subject.kept["lists"]
    return lists


def _by_condition(held: RuleList) -> Iterator[RuleList]:
    """The list by what must hold for its entries: one that may not count covers no other one."""
    for when in dict.fromkeys(rule.when for rule in held.rules):
        rules = tuple(rule for rule in held.rules if rule.when == when)
        yield replace(held, rules=rules, when=when)


def _every(held: Permissions) -> Iterator[RuleList]:
    files, network, shell, models = held.file, held.network, held.shell, held.llm.models
    for action, rules in files.allow.items():
        yield _allowing(f"filesystem.{action}", "path", rules, files.block)
    yield _blocking("filesystem.metadata.blocked_paths", "path", files.block)
    yield _allowing("network.allowed_hosts", "host", network.allow, network.block)
    yield _blocking("network.blocked_hosts", "host", network.block)
    yield _allowing("shell.allowed_commands", "command", shell.allow, shell.block)
    yield _blocking("shell.blocked_commands", "command", shell.block)
    variables = "shell.environment_variables"
    yield _allowing(f"{variables}.allow", "variable", shell.environment.allow, ())
    yield _blocking(f"{variables}.block", "variable", shell.environment.block)
    yield _allowing("llm.allowed_models", "name", models.allow, models.block)
    yield _blocking("llm.blocked_models", "name", models.block)
    for kind, by_action in held.named.items():
        yield from _named(_KEYS[kind], by_action)


def _named(key: str, by_action: Mapping[str, NameLists]) -> Iterator[RuleList]:
    for action, lists in by_action.items():
        allow, block = _BLOCKED.get(key, (f"{key}.{action}", ""))
        yield _allowing(allow, "name", lists.allow, lists.block)
        yield _blocking(block, "name", lists.block)


def _allowing(
    name: str, kind: Kind, rules: tuple[Rule[Any], ...], blocks: tuple[Rule[Any], ...]
) -> RuleList:
    return RuleList(name, kind, True, rules, blocks)  # noqa: FBT003 - the one that grants


def _blocking(name: str, kind: Kind, rules: tuple[Rule[Any], ...]) -> RuleList:
    return RuleList(name, kind, False, rules)  # noqa: FBT003 - the one that does not
