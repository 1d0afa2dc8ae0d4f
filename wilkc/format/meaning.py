"""Whether two texts mean the same, places apart. Layer: format."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, Final

from wilkc.core import sandbox_plan
from wilkc.core.diagnostics import has_errors
from wilkc.language.paths import parse_path_rule
from wilkc.plan import build_plan, model
from wilkc.spec import Document, Shape, read_specs
from wilkc.syntax import Mapping as MappingNode
from wilkc.syntax import Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLACES: Final = {
    model.__name__: frozenset({"span", "spans", "text", "positions"}),
    sandbox_plan.__name__: frozenset({"file", "line"}),
}
"""What the values of a plan hold for messages alone, by the module that defines them."""


def same_plan(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> bool:
    """Whether the sources of either side mean the same together.

    Files with errors of their own must be the same on both sides. Where the documents do not
    fit together, they must fail to in the same ways.
    """
    return _meaning(old) == _meaning(new)


def same_node(old: Node, new: Node, shape: Shape) -> bool:
    """Whether two values say the same: order counts in lists and where keys are free."""
    if isinstance(old, Scalar) and isinstance(new, Scalar):
        return _same_scalar(old, new, shape)
    if isinstance(old, Sequence) and isinstance(new, Sequence):
        inner = shape.items or Shape()
        return len(old.items) == len(new.items) and all(
            same_node(one, other, inner) for one, other in zip(old.items, new.items, strict=True)
        )
    if isinstance(old, MappingNode) and isinstance(new, MappingNode):
        return _same_mapping(old, new, shape)
    return False


def _same_scalar(old: Scalar, new: Scalar, shape: Shape) -> bool:
    pattern = shape.pattern
    if pattern is not None and pattern.language == "path":
        return parse_path_rule(old.text, pattern.effect) == parse_path_rule(
            new.text, pattern.effect
        )
    return type(old.value) is type(new.value) and old.value == new.value


def _same_mapping(old: MappingNode, new: MappingNode, shape: Shape) -> bool:
    ours = {key.text: value for key, value in old.entries}
    theirs = {key.text: value for key, value in new.entries}
    if (ours.keys() if shape.keys else list(ours)) != (
        theirs.keys() if shape.keys else list(theirs)
    ):
        return False
    return all(
        same_node(value, theirs[name], shape.keys.get(name, shape.values or Shape()))
        for name, value in ours.items()
    )


def _meaning(sources: Mapping[str, bytes]) -> object:
    read = read_specs(sources)
    broken = {found.span.file for found in read.diagnostics if found.severity == "error"}
    documents: list[Document] = [one for one in read.documents if one.file not in broken]
    plan, problems = build_plan(documents)
    if plan is None or has_errors(problems):
        return broken, sorted(found.code for found in problems)
    return broken, _essence(plan)


def _essence(value: Any) -> Any:
    """A plan without its places; values of the pattern languages are compared as they are."""
    if isinstance(value, dict):
        return {name: _essence(held) for name, held in value.items()}
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return tuple(map(_essence, value))
    places = _PLACES.get(type(value).__module__)
    if is_dataclass(value) and places is not None:
        held = [one.name for one in fields(value) if one.name not in places]
        return type(value), tuple(_essence(getattr(value, name)) for name in held)
    return value
