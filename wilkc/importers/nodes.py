"""Files of other tools as located values. Layer: importers (pure).

Every complaint about a file names its line and column, as `wilkc check` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from wilkc.core.errors import UsageError
from wilkc.importers.json_text import read_json_text
from wilkc.syntax import Mapping, Scalar, Sequence, read_documents, read_text

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from wilkc.core.spans import Span
    from wilkc.syntax import Node


def refuse(span: Span, message: str, help_text: str = "") -> NoReturn:
    """Refuse a file for what stands at one place of it.

    Raises:
        UsageError: always.
    """
    shown = "".join(one if one.isprintable() else "?" for one in message)
    raise UsageError(f"{span}: {shown}", help_text=help_text)


def text_of(name: str, data: bytes) -> str:
    """A file as text without control characters, marks of direction and conflict markers.

    Raises:
        UsageError: it is none, or longer than a spec may be.
    """
    text, problems = read_text(data, name)
    for problem in problems:
        refuse(problem.span, problem.message, problem.help)
    return text or ""


def read_json(name: str, data: bytes) -> Mapping:
    """The object of a JSON file, in which comments may stand.

    Raises:
        UsageError: it is none, it names a key twice, or it is nested too deeply.
    """
    return mapping(read_json_text(name, text_of(name, data)), name)


def read_yaml(name: str, data: bytes) -> Mapping:
    """The mapping of a YAML file of one document.

    Raises:
        UsageError: it is none, names a key twice, or has anchors, aliases or tags.
    """
    documents, problems = read_documents(data, name)
    for problem in problems:
        refuse(problem.span, problem.message, problem.help)
    if len(documents) != 1:
        raise UsageError(f"{name}:1:1: {len(documents)} documents, and one is read")
    return mapping(documents[0], name)


def mapping(node: Node | None, what: str) -> Mapping:
    """A node that must be a mapping.

    Raises:
        UsageError: it is none.
    """
    if isinstance(node, Mapping):
        return node
    if node is None:
        raise UsageError(f"`{what}` is missing")
    refuse(node.span, f"`{what}` must hold names and values")


def items(node: Node, what: str) -> tuple[Node, ...]:
    """The entries of a node that must be a list.

    Raises:
        UsageError: it is none.
    """
    if not isinstance(node, Sequence):
        refuse(node.span, f"`{what}` must be a list")
    return node.items


def text(node: Node, what: str) -> str:
    """The text of a node that must be one.

    Raises:
        UsageError: it is none.
    """
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        refuse(node.span, f"`{what}` must be a text")
    return node.value


def texts(node: Node, what: str) -> list[tuple[str, int]]:
    """The texts of a node that must be a list of them, each with its line.

    Raises:
        UsageError: it is none.
    """
    return [(text(one, f"{what}[{at}]"), one.span.line) for at, one in enumerate(items(node, what))]


def members(node: Mapping, known: AbstractSet[str], what: str) -> dict[str, Node]:
    """What a mapping holds, by name.

    Raises:
        UsageError: it holds a name that is not known: it might narrow what the others allow.
    """
    for key, _ in node.entries:
        if key.text not in known:
            refuse(key.span, f"`{key.text}` is not known in {what}")
    return {key.text: value for key, value in node.entries}


def find(node: Mapping, path: str) -> Node | None:
    """What stands at a dotted path, or None."""
    found: Node | None = node
    for name in path.split("."):
        if not isinstance(found, Mapping):
            return None
        found = next((value for key, value in found.entries if key.text == name), None)
    return found
