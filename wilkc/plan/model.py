"""The plan: what a set of specs means, ready to be judged or emitted. Layer: plan.

Inheritance, defaults and bindings are resolved; every rule is in explicit form and knows
the YAML entry it came from. Absent and empty lists no longer differ here: both grant nobody.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from wilkc.language.hosts import HostPattern
from wilkc.language.names import NamePattern

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.core.audit_settings import AuditSettings
    from wilkc.core.contract import RuleRef
    from wilkc.core.sandbox_plan import SandboxPlan
    from wilkc.core.spans import Span
    from wilkc.language.commands import CommandPattern
    from wilkc.language.paths import PathPattern
    from wilkc.language.schemas import Schema
    from wilkc.language.when import Held, When

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Rule(Generic[P]):
    """One entry of an allow or block list.

    Attributes:
        id: place in the spec, for example `fs.read.allow.0`; the number is the position in
            the list.
        text: the entry as written.
        span: where it stands.
        patterns: the explicit forms it expands to.
        when: what must hold for the entry to count, or None where it always does.
    """

    id: str
    text: str
    span: Span
    patterns: tuple[P, ...]
    when: When | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class Limit:
    """A number that restricts: bytes, seconds or a count. `id` names the YAML key."""

    id: str
    value: int
    span: Span


@dataclass(frozen=True, slots=True)
class Names:
    """A set of plain words, compared for equality. `id` names the YAML key."""

    id: str
    values: frozenset[str]
    span: Span


@dataclass(frozen=True, slots=True)
class HostRule(Rule[HostPattern]):
    """A host entry with the ports and protocols that hold for it.

    Attributes:
        ports: inclusive ranges; in an allow never empty, in a block empty means every port.
        protocols: in an allow never empty, in a block empty means every protocol.
    """

    ports: tuple[tuple[int, int], ...]
    protocols: frozenset[str]


@dataclass(frozen=True, slots=True)
class FilePlan:
    """The `filesystem` category. `allow` maps each action that has rules to them."""

    allow: Mapping[str, tuple[Rule[PathPattern], ...]] = field(default_factory=dict)
    block: tuple[Rule[PathPattern], ...] = ()
    extensions: Names | None = None
    max_file_size: Limit | None = None


@dataclass(frozen=True, slots=True)
class NetworkPlan:
    """The `network` category. `blocked_ports` are inclusive ranges with their entry's id."""

    allow: tuple[HostRule, ...] = ()
    block: tuple[HostRule, ...] = ()
    blocked_ports: tuple[Rule[tuple[int, int]], ...] = ()
    rate: Limit | None = None
    timeout: Limit | None = None


@dataclass(frozen=True, slots=True)
class EnvironmentPlan:
    """Variables a command may see: name globs let through, fixed values, and names cut off."""

    allow: tuple[Rule[NamePattern], ...] = ()
    block: tuple[Rule[NamePattern], ...] = ()
    fixed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShellPlan:
    """The `shell` category. `directories` is None where absent: then the whole workspace."""

    allow: tuple[Rule[CommandPattern], ...] = ()
    block: tuple[Rule[CommandPattern], ...] = ()
    interpreters: Names | None = None
    directories: tuple[Rule[PathPattern], ...] | None = None
    environment: EnvironmentPlan = field(default_factory=EnvironmentPlan)
    max_seconds: Limit | None = None
    max_memory: Limit | None = None


@dataclass(frozen=True, slots=True)
class NameLists:
    """Allow and block lists of name patterns, for one action."""

    allow: tuple[Rule[NamePattern], ...] = ()
    block: tuple[Rule[NamePattern], ...] = ()


@dataclass(frozen=True, slots=True)
class LlmPlan:
    """The `llm` category."""

    models: NameLists = field(default_factory=NameLists)
    max_tokens: Limit | None = None
    rate: Limit | None = None
    content_filtering: Limit | None = None


@dataclass(frozen=True, slots=True)
class DataPlan:
    """The `data` category; the flags are limits of value 1 where set, absent where not.

    `labels` are those that count whatever a request shows, `conditional` those that do under a
    condition; whoever judges has a plan in which none is left, see `plan.conditional`.
    """

    labels: Names | None = None
    conditional: tuple[Rule[str], ...] = ()
    encryption: Limit | None = None
    pii: Limit | None = None
    retention: Limit | None = None


@dataclass(frozen=True, slots=True)
class ArgumentRule(Rule[NamePattern]):
    """What the arguments of the tools that the patterns take must conform to."""

    schema: Schema


@dataclass(frozen=True, slots=True)
class ToolPlan:
    """What calls of tools must show beside their name. `signed` is None where none must."""

    arguments: tuple[ArgumentRule, ...] = ()
    signed: Names | None = None


@dataclass(frozen=True, slots=True)
class Permissions:
    """Everything one spec grants and blocks."""

    file: FilePlan = field(default_factory=FilePlan)
    network: NetworkPlan = field(default_factory=NetworkPlan)
    shell: ShellPlan = field(default_factory=ShellPlan)
    llm: LlmPlan = field(default_factory=LlmPlan)
    data: DataPlan = field(default_factory=DataPlan)
    tools: ToolPlan = field(default_factory=ToolPlan)
    named: Mapping[str, Mapping[str, NameLists]] = field(default_factory=dict)
    """`system`, `tool` and `agent`: resource type to action to lists."""


@dataclass(frozen=True, slots=True)
class SpecPlan:
    """One spec, resolved.

    Attributes:
        name: what bindings and `extends` call it.
        span: its kind key, for messages that concern the whole spec.
        permissions: what it grants and blocks.
        sandbox: how its commands are confined.
        positions: rule id to its place and text, for everything that can decide.
        fold: whether `case: insensitive` holds for its paths.
        whens: the conditions of its entries, each once, sorted.
        counting: what `plan.conditional` has worked out of `whens`; a copy begins without.
    """

    name: str
    span: Span
    permissions: Permissions
    sandbox: SandboxPlan
    positions: Mapping[str, RuleRef]
    fold: bool = False
    whens: tuple[When, ...] = ()
    counting: dict[tuple[Held, ...], SpecPlan] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )


@dataclass(frozen=True, slots=True)
class AuditPlan:
    """How records are written, and where each setting that a document gives stands."""

    settings: AuditSettings
    spans: Mapping[str, Span] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """All specs by name, and the names of each agent's specs, sorted.

    An agent has more than one spec through roles; it is then granted what one of them grants
    by itself and none blocks. `levels` is resource type to the level that the core/runtime
    model gives its category. `audit` is how records are written, or None where no document
    says. `roles` is agent id to its roles, sorted, for agents that have any.
    """

    specs: Mapping[str, SpecPlan]
    agents: Mapping[str, tuple[str, ...]]
    levels: Mapping[str, str] = field(default_factory=dict)
    audit: AuditPlan | None = None
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
