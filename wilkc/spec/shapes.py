"""What may stand where in a document, read off the models. Layer: spec.

The order of a model's fields is the canonical order of its keys.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from pydantic import AliasChoices

from wilkc.spec.documents import Document, Kind
from wilkc.spec.models.agent import AgentSpec
from wilkc.spec.models.base import Pattern, Section
from wilkc.spec.models.grant import GrantDocument
from wilkc.spec.models.policy import (
    Bindings,
    PermissionModel,
    PolicyDocument,
    WrappedPermissionModel,
)
from wilkc.spec.models.settings import Settings
from wilkc.syntax import Mapping as MappingNode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic.fields import FieldInfo

_MODELS = {
    Kind.AGENT_SPEC: AgentSpec,
    Kind.SECURITY_POLICY: PolicyDocument,
    Kind.PERMISSION_MODEL: PermissionModel,
    Kind.SETTINGS: Settings,
    Kind.GRANT: GrantDocument,
}


@dataclass(frozen=True, slots=True)
class Shape:
    """What a value may hold; nothing is known of what has none of these.

    Attributes:
        keys: the keys of a section in canonical order, with their values.
        items: the items of a list.
        values: the values of a mapping whose keys are free.
        pattern: the pattern that a text is.
    """

    keys: Mapping[str, Shape] = field(default_factory=dict)
    items: Shape | None = None
    values: Shape | None = None
    pattern: Pattern | None = None


def shape_of(document: Document) -> Shape:
    """The shape of a document. That of bindings is free: names in the order written."""
    root = document.root
    if document.kind is Kind.PERMISSION_MODEL and isinstance(root, MappingNode):
        wrapped = any(key.text == "permissions" for key, _ in root.entries)
        return _section(WrappedPermissionModel if wrapped else PermissionModel)
    model = _MODELS.get(document.kind)
    return Shape() if model is None else _section(model)


def key_names(name: str, info: FieldInfo) -> tuple[str, ...]:
    """How a field is spelt in YAML; the first is the one that Wilk itself writes."""
    if isinstance(info.validation_alias, AliasChoices):
        return tuple(str(choice) for choice in info.validation_alias.choices)
    return (info.alias or name,)


@cache
def _section(model: type[Section]) -> Shape:
    keys: dict[str, Shape] = {}
    for name, info in model.model_fields.items():
        shape = _merged([_shape(info.annotation), _marked(info.metadata)])
        keys.update(dict.fromkeys(key_names(name, info), shape))
    return Shape(keys=keys)


def _shape(kind: Any) -> Shape:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _merged([_shape(arguments[0]), _marked(arguments[1:])])
    if origin in {Union, UnionType}:
        return _merged([_shape(argument) for argument in arguments])
    if origin is tuple:
        return Shape(items=_shape(arguments[0])) if Ellipsis in arguments else Shape()
    if origin is dict:
        return Shape(values=_shape(arguments[1]))
    if isinstance(kind, type) and issubclass(kind, Section) and kind is not Bindings:
        return _section(kind)
    return Shape()


def _marked(metadata: Any) -> Shape:
    return Shape(pattern=next((one for one in metadata if isinstance(one, Pattern)), None))


def _merged(shapes: list[Shape]) -> Shape:
    """What one of several alternatives says."""
    return Shape(
        keys=next((one.keys for one in shapes if one.keys), {}),
        items=next((one.items for one in shapes if one.items), None),
        values=next((one.values for one in shapes if one.values), None),
        pattern=next((one.pattern for one in shapes if one.pattern), None),
    )
