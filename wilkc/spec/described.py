"""What the models say of their keys, read off their docstrings. Layer: spec.

Each field stands under `Attributes:` with a description and, after `e.g.`, an example in YAML
between backquotes. A test holds every field to this.
"""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from wilkc.syntax import plain_data, read_documents

if TYPE_CHECKING:
    from wilkc.spec.models.base import Section

_FIELD: Final = re.compile(r"(?P<name>\w+): (?P<text>.+), e\.g\. `(?P<example>.+)`")
_HEADING: Final = "Attributes:"


class Described(NamedTuple):
    """One key: what it is for, and a value it may have."""

    text: str
    example: Any


def summary_of(model: type[Section]) -> str:
    """The first paragraph of a model's docstring."""
    return " ".join((inspect.getdoc(model) or "").partition("\n\n")[0].split())


def fields_of(model: type[Section]) -> dict[str, Described]:
    """Field name to what the docstring says of it; bases say it for what they define."""
    found: dict[str, Described] = {}
    for base in reversed(model.__mro__):
        if base.__doc__ and base is not object:
            found.update(_fields(base))
    return {name: found[name] for name in model.model_fields if name in found}


def _fields(model: type) -> dict[str, Described]:
    _, _, section = (inspect.getdoc(model) or "").partition(f"{_HEADING}\n")
    # A line that is indented further goes on with the one before it.
    joined = re.sub(r"\n {8,}", " ", section)
    fields = {}
    for line in joined.splitlines():
        read = _FIELD.fullmatch(line.strip())
        if read:
            text = f"{read['text'][0].upper()}{read['text'][1:]}."
            fields[read["name"]] = Described(text, _value(read["example"]))
    return fields


def _value(example: str) -> Any:
    # Below a key, so that a bare word counts as a document too.
    nodes, problems = read_documents(f"value: {example}".encode(), "example")
    if problems:
        raise ValueError(f"the example `{example}` is not YAML: {problems[0].message}")
    return plain_data(nodes[0])["value"]
