"""YAML values with their places. Layer: syntax."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from wilkc.core.spans import Span


class Scalar(NamedTuple):
    """A scalar; a tuple for the reason that a span is one.

    Attributes:
        span: from its first to its last character, quotes included.
        text: its content.
        value: what it stands for under YAML 1.2's core schema without floats: None, bool,
            int or str.
        plain: whether it was written without quotes.
        doubtful: why readers of YAML disagree about it, or empty: `no`, `1e3`, `012`.
    """

    span: Span
    text: str
    value: Any
    plain: bool
    doubtful: str = ""


@dataclass(frozen=True, slots=True)
class Sequence:
    """A sequence of nodes."""

    span: Span
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping with text keys, in the order written."""

    span: Span
    entries: tuple[tuple[Scalar, Node], ...]


Node = Scalar | Sequence | Mapping


def plain_data(node: Node) -> Any:
    """The node as None, bool, int, str, tuple and dict."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return tuple([plain_data(item) for item in node.items])
    return {key.text: plain_data(value) for key, value in node.entries}
