"""Typed documents and where their values stand. Layer: spec."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from wilkc.syntax import Mapping, Node, Sequence

if TYPE_CHECKING:
    from wilkc.core.spans import Span
    from wilkc.spec.fleets import Fleet
    from wilkc.spec.models.agent import AgentSpec
    from wilkc.spec.models.grant import Grant
    from wilkc.spec.models.policy import Bindings, PermissionModel, SecurityPolicy
    from wilkc.spec.models.settings import Settings

    Model = AgentSpec | SecurityPolicy | Bindings | PermissionModel | Settings | Fleet | Grant

Step = str | int


class Kind(Enum):
    """What a document is; read off its top-level key."""

    AGENT_SPEC = "permissions"
    SECURITY_POLICY = "security_policy"
    BINDINGS = "bindings"
    PERMISSION_MODEL = "core/runtime"
    SETTINGS = "settings"
    FLEET = "fleet"
    GRANT = "grant"


@dataclass(frozen=True, slots=True)
class Document:
    """One document without errors of its own.

    Attributes:
        kind: what it is.
        file: the file's name as diagnostics show it.
        span: its kind key.
        model: its typed content.
        root: its nodes, for places.
    """

    kind: Kind
    file: str
    span: Span
    model: Model
    root: Node

    def where(self, path: tuple[Step, ...]) -> Span:
        """The place of the value at a path of keys and indices, or of what is nearest."""
        return locate(self.root, path).span


def locate(root: Node, path: tuple[Step, ...]) -> Node:
    """The node at a path; steps that lead nowhere are passed over."""
    node = root
    for step in path:
        if isinstance(node, Mapping):
            for key, value in node.entries:
                if key.text == step:
                    node = value
                    break
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
    return node


def key_span(root: Node, path: tuple[Step, ...]) -> Span:
    """The place of the last key of a path, for problems about the key itself."""
    holder = locate(root, path[:-1])
    if isinstance(holder, Mapping):
        for key, _ in holder.entries:
            if key.text == path[-1]:
                return key.span
    return locate(root, path).span
