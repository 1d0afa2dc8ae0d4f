"""Documents with entries added in memory, and entries as YAML. Layer: spec.

Nothing is written: this answers what a spec would mean if somebody added a line to it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wilkc.core.errors import SpecError
from wilkc.spec.reader import typed_document
from wilkc.syntax import Mapping, Scalar, Sequence, plain_data, read_documents

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.core.contract import Json
    from wilkc.core.spans import Span
    from wilkc.spec.documents import Document
    from wilkc.syntax import Node

_FILE = "suggestion"


def with_entries(document: Document, path: tuple[str, ...], values: Iterable[Json]) -> Document:
    """The document with entries at the end of a list, which is made where it is absent.

    Args:
        document: a typed document.
        path: keys from its root to the list.
        values: texts, numbers, lists and objects, as in YAML.

    Raises:
        SpecError: the document is refused with them; the places are those of the list, or of
            what holds it.
    """
    root = _added(document.root, path, tuple(values))
    edited, problems = typed_document(root, document.file)
    if edited is None:
        raise SpecError(problems)
    return edited


def entry_text(value: Json) -> str | None:
    """An entry as one line of YAML, or None where YAML cannot say it in one that Wilk reads."""
    text = _flow(value)
    nodes, problems = read_documents(f"- {text}\n".encode("utf-8", "surrogatepass"), _FILE)
    if problems or len(nodes) != 1 or plain_data(nodes[0]) != (_frozen(value),):
        return None
    return text


def _added(node: Node, path: tuple[str, ...], values: tuple[Json, ...]) -> Node:
    if not path:
        items = node.items if isinstance(node, Sequence) else ()
        return Sequence(node.span, (*items, *(_node(value, node.span) for value in values)))
    entries = node.entries if isinstance(node, Mapping) else ()
    if not any(key.text == path[0] for key, _ in entries):
        key = Scalar(node.span, path[0], path[0], plain=True)
        entries = (*entries, (key, Mapping(node.span, ())))
    return Mapping(
        node.span,
        tuple(
            (key, _added(value, path[1:], values) if key.text == path[0] else value)
            for key, value in entries
        ),
    )


def _node(value: Json, span: Span) -> Node:
    if isinstance(value, dict):
        pairs = ((Scalar(span, name, name, plain=True), item) for name, item in value.items())
        return Mapping(span, tuple((key, _node(item, span)) for key, item in pairs))
    if isinstance(value, list):
        return Sequence(span, tuple(_node(item, span) for item in value))
    return Scalar(span, str(value), value, plain=not isinstance(value, str))


def _flow(value: Json) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_flow(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if not isinstance(value, str):
        return json.dumps(value)
    return "'" + value.replace("'", "''") + "'"


def _frozen(value: Json) -> Json:
    """The value as the reader gives it back, lists being tuples there."""
    if isinstance(value, dict):
        return {name: _frozen(item) for name, item in value.items()}
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
