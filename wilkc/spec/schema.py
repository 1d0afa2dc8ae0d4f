"""The JSON Schema of documents, for editors. Layer: spec. JSON Schema draft 2020-12.

Pydantic derives it from the models; here it gets the words of their docstrings, and loses
what does not hold in YAML: no key may be null. A schema tells shapes only; what a text means,
and what documents mean together, `wilkc check` tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic import AliasChoices
from pydantic.json_schema import models_json_schema

from wilkc.spec.described import fields_of, summary_of
from wilkc.spec.models.agent import AgentSpec
from wilkc.spec.models.base import Section
from wilkc.spec.models.grant import GrantDocument
from wilkc.spec.models.policy import (
    BindingsDocument,
    PermissionModel,
    PolicyDocument,
    WrappedPermissionModel,
)
from wilkc.spec.models.settings import Settings
from wilkc.spec.shapes import key_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wilkc.core.contract import Json

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
SCHEMA_KINDS: Final[Mapping[str, tuple[type[Section], ...]]] = {
    "agent-spec": (AgentSpec,),
    "security-policy": (PolicyDocument,),
    "bindings": (BindingsDocument,),
    "permission-model": (PermissionModel, WrappedPermissionModel),
    "settings": (Settings,),
    "grant": (GrantDocument,),
}
"""Names of the kinds of documents, with the models of each."""


def json_schema(kind: str | None = None) -> dict[str, Json]:
    """The schema of one kind of document, or of all of them.

    Args:
        kind: a key of `SCHEMA_KINDS`, or None for a document of any kind.
    """
    chosen = [kind] if kind else list(SCHEMA_KINDS)
    models = [model for name in chosen for model in SCHEMA_KINDS[name]]
    _, raw = models_json_schema([(model, "validation") for model in models])
    held = {model.__name__: model for model in _sections(Section)}
    defs = {name: _described(schema, held[name]) for name, schema in raw["$defs"].items()}
    refs = [{"$ref": f"#/$defs/{model.__name__}"} for model in models]
    return {
        "$schema": DIALECT,
        "title": f"Wilk: {kind}" if kind else "Wilk: a document of any kind",
        **(refs[0] if len(refs) == 1 else {"oneOf": refs}),
        "$defs": defs,
    }


def _sections(root: type[Section]) -> Iterator[type[Section]]:
    for model in root.__subclasses__():
        yield model
        yield from _sections(model)


def _described(schema: dict[str, Any], model: type[Section]) -> dict[str, Any]:
    """The schema of one section with descriptions, examples and every spelling of its keys."""
    told = fields_of(model)
    properties: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        names = key_names(name, info)
        held = _without_null(schema["properties"][names[0]])
        words = told[name]
        described = {"description": words.text, **held, "examples": [_listed(words.example)]}
        properties.update(dict.fromkeys(names, described))
        if isinstance(info.validation_alias, AliasChoices):
            schema = {**schema, "not": {"required": list(names)}}
    kept = {key: value for key, value in schema.items() if key not in {"title", "description"}}
    return {"description": summary_of(model), **kept, "properties": properties}


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a value without `null`, and without the names that pydantic makes up."""
    kept = {key: value for key, value in schema.items() if key != "title"}
    if kept.get("default", "") is None:
        del kept["default"]
    choices = [one for one in kept.get("anyOf", ()) if one != {"type": "null"}]
    if len(choices) == 1:
        del kept["anyOf"]
        return {**kept, **choices[0]}
    return {**kept, "anyOf": choices} if choices else kept


def _listed(example: Any) -> Json:
    """An example as JSON has it."""
    if isinstance(example, tuple):
        return [_listed(one) for one in example]
    if isinstance(example, dict):
        return {name: _listed(one) for name, one in example.items()}
    return example
