"""Entries of rule lists: a text, or an object with the condition under which it holds.

Layer: spec. LANGUAGE.md section 12.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Discriminator, Tag

from wilkc.spec.models.base import (
    AllowedCommand,
    AllowedPath,
    BlockedCommand,
    BlockedPath,
    NameText,
    Section,
    Words,
)
from wilkc.spec.models.conditions import Condition

if TYPE_CHECKING:
    from wilkc.language.when import When


Signalled = Literal["own", "named"]


class Entry(Section):
    """An entry written as an object; its pattern stands under the key of its list."""

    @property
    @abstractmethod
    def text(self) -> str:
        """The pattern."""

    @property
    @abstractmethod
    def condition(self) -> Condition | None:
        """What must hold for the entry to count, if anything."""


class _Conditional(Entry):
    """An entry that is an object for the sake of its condition.

    The kinds have the pattern first and the condition last: that is the order of their keys.
    """

    @property
    def text(self) -> str:
        """The pattern."""
        pattern: str = getattr(self, next(iter(type(self).model_fields)))
        return pattern

    @property
    def condition(self) -> Condition:
        """What must hold for the entry to count."""
        condition: Condition = vars(self)["when"]
        return condition


class AllowedPathEntry(_Conditional):
    """A path that is allowed under a condition.

    Attributes:
        path: a pattern of paths, e.g. `'./hotfix/**'`
        when: what must hold for the entry to count,
            e.g. `{context.time: {max: '2026-11-28T12:00:00Z'}}`
    """

    path: AllowedPath
    when: Condition


class BlockedPathEntry(_Conditional):
    """A path that is denied under a condition.

    Attributes:
        path: a pattern of paths, e.g. `'./release/**'`
        when: what must hold for the entry to count,
            e.g. `{context.time: {max: '2026-11-28T12:00:00Z'}}`
    """

    path: BlockedPath
    when: Condition


class AllowedCommandEntry(_Conditional):
    """A command that is allowed under a condition.

    Attributes:
        command: a pattern of commands, e.g. `'git push *'`
        when: what must hold for the entry to count,
            e.g. `{context.time: {max: '2026-11-28T12:00:00Z'}}`
    """

    command: AllowedCommand
    when: Condition


class BlockedCommandEntry(_Conditional):
    """A command that is denied under a condition.

    Attributes:
        command: a pattern of commands, e.g. `'npm publish *'`
        when: what must hold for the entry to count,
            e.g. `{context.time: {max: '2026-11-28T12:00:00Z'}}`
    """

    command: BlockedCommand
    when: Condition


class ModelEntry(_Conditional):
    """A model that counts under a condition.

    Attributes:
        model: a pattern of models, e.g. `'gpt-4*'`
        when: what must hold for the entry to count,
            e.g. `{context.time: {max: '2026-11-28T12:00:00Z'}}`
    """

    model: NameText
    when: Condition


class ToolEntry(_Conditional):
    """A tool that counts under a condition.

    Attributes:
        tool: a pattern of tools, e.g. `'mcp__github__*'`
        when: what must hold for the entry to count,
            e.g. `{context.time: {max: '2026-11-28T12:00:00Z'}}`
    """

    tool: NameText
    when: Condition


class AgentEntry(_Conditional):
    """An agent that counts under a condition.

    Attributes:
        agent: a pattern of agents, e.g. `'helper-*'`
        when: what must hold for the entry to count,
            e.g. `{context.time: {max: '2026-11-28T12:00:00Z'}}`
    """

    agent: NameText
    when: Condition


class NameEntry(_Conditional):
    """A name that counts under a condition.

    Attributes:
        name: a pattern of names, e.g. `'CI_*'`
        when: what must hold for the entry to count,
            e.g. `{context.time: {max: '2026-11-28T12:00:00Z'}}`
    """

    name: NameText
    when: Condition


class LabelEntry(_Conditional):
    """A label of data that counts under a condition.

    Attributes:
        label: the label, e.g. `internal`
        when: what must hold for the entry to count,
            e.g. `{context.time: {max: '2026-11-28T12:00:00Z'}}`
    """

    label: Words
    when: Condition


class SignalEntry(_Conditional):
    """Processes that may be signalled under a condition.

    Attributes:
        name: which processes, e.g. `own`
        when: what must hold for the entry to count,
            e.g. `{context.time: {max: '2026-11-28T12:00:00Z'}}`
    """

    name: Signalled
    when: Condition


def entry_kind(value: Any) -> str:
    """Which of the two an entry is; what is neither is refused as a text."""
    return "entry" if isinstance(value, dict | Entry) else "text"


def entry_parts(entry: str | Entry) -> tuple[str, When | None]:
    """The pattern of an entry, and what must hold for it to count, if anything."""
    if isinstance(entry, str):
        return entry, None
    return entry.text, None if entry.condition is None else entry.condition.lowered()


AllowedPathItem = Annotated[
    Annotated[AllowedPath, Tag("text")] | Annotated[AllowedPathEntry, Tag("entry")],
    Discriminator(entry_kind),
]
BlockedPathItem = Annotated[
    Annotated[BlockedPath, Tag("text")] | Annotated[BlockedPathEntry, Tag("entry")],
    Discriminator(entry_kind),
]
AllowedCommandItem = Annotated[
    Annotated[AllowedCommand, Tag("text")] | Annotated[AllowedCommandEntry, Tag("entry")],
    Discriminator(entry_kind),
]
BlockedCommandItem = Annotated[
    Annotated[BlockedCommand, Tag("text")] | Annotated[BlockedCommandEntry, Tag("entry")],
    Discriminator(entry_kind),
]
ModelItem = Annotated[
    Annotated[NameText, Tag("text")] | Annotated[ModelEntry, Tag("entry")],
    Discriminator(entry_kind),
]
ToolItem = Annotated[
    Annotated[NameText, Tag("text")] | Annotated[ToolEntry, Tag("entry")], Discriminator(entry_kind)
]
AgentItem = Annotated[
    Annotated[NameText, Tag("text")] | Annotated[AgentEntry, Tag("entry")],
    Discriminator(entry_kind),
]
NameItem = Annotated[
    Annotated[NameText, Tag("text")] | Annotated[NameEntry, Tag("entry")], Discriminator(entry_kind)
]
LabelItem = Annotated[
    Annotated[Words, Tag("text")] | Annotated[LabelEntry, Tag("entry")], Discriminator(entry_kind)
]
SignalItem = Annotated[
    Annotated[Signalled, Tag("text")] | Annotated[SignalEntry, Tag("entry")],
    Discriminator(entry_kind),
]
