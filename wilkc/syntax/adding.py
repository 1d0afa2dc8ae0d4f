"""New items in the lists of a text that leave the rest as it is, comments included. Layer: syntax.

What an item means is not known here: whoever adds it reads the text again and compares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Sequence

_STEP: Final = "  "
_BLOCK_TEXT: Final = frozenset({"|", ">"})


def with_items(data: bytes, line: int, path: Sequence[str], items: Sequence[str]) -> bytes | None:
    """A text with items at the end of one list, which is made where it is absent.

    Args:
        data: YAML that `read_documents` takes.
        line: of the document's first key, from 1.
        path: keys from the document's root to the list.
        items: each as one line of YAML, as `entry_text` gives it.

    Returns:
        The new text, or None where more would have to be touched than can be done safely.
    """
    text = data.decode("utf-8")
    end = "\r\n" if "\r\n" in text else "\n"
    plain = text.replace("\r\n", "\n")
    if plain.startswith("\ufeff"):
        return None
    root = _document(plain, line - 1)
    if root is None or not items:
        return None
    node, left = _nearest(root, tuple(path))
    if node.flow_style:
        added = _in_brackets(plain, node, left, items)
    else:
        added = _in_lines(plain, node, left, items)
    return None if added is None else added.replace("\n", end).encode("utf-8")


def _block_lines(path: Sequence[str], items: Sequence[str], indent: str) -> list[str]:
    """A list below keys, one line for each key and item."""
    lines = []
    for key in path:
        lines.append(f"{indent}{key}:")
        indent += _STEP
    return [*lines, *(f"{indent}- {item}" for item in items)]


def _document(text: str, line: int) -> Any:
    nodes = yaml.compose_all(text, Loader=yaml.SafeLoader)
    return next((node for node in nodes if node and node.start_mark.line == line), None)


def _nearest(root: Any, path: tuple[str, ...]) -> tuple[Any, tuple[str, ...]]:
    """The deepest collection on the way to a list that is there, and the keys that are not."""
    node = root
    for place, step in enumerate(path):
        pairs = node.value if isinstance(node, yaml.MappingNode) else ()
        found = next((value for key, value in pairs if key.value == step), None)
        if found is None or isinstance(found, yaml.ScalarNode):
            return node, path[place:]
        node = found
    return node, ()


def _fits(node: Any, left: tuple[str, ...]) -> bool:
    """Whether what is added belongs into the collection: an item, or a key that it lacks."""
    if isinstance(node, yaml.MappingNode):
        return bool(left) and all(key.value != left[0] for key, _ in node.value)
    return not left


def _in_brackets(text: str, node: Any, left: tuple[str, ...], items: Sequence[str]) -> str | None:
    if not _fits(node, left):
        return None
    if left and not node.value and (block := _in_place(text, node, left, items)) is not None:
        return block
    added = ", ".join(items)
    if left:
        added = f"{': {'.join(left)}: [{added}]{'}' * (len(left) - 1)}"
    at = node.end_mark.index - 1
    before = text[:at].rstrip()
    comma = "" if not node.value else " " if before.endswith(",") else ", "
    return f"{before}{comma}{added}{text[at:]}"


def _in_place(text: str, node: Any, left: tuple[str, ...], items: Sequence[str]) -> str | None:
    """Lines in place of `{}` behind a key; None where it is not the end of its line."""
    start, end = node.start_mark.index, node.end_mark.index
    begin = text.rfind("\n", 0, start) + 1
    head = text[begin:start].rstrip()
    indent = head[: len(head) - len(head.lstrip())]
    plain = head.endswith(":") and head.lstrip()[:-1].replace("_", "").isalnum()
    if not plain or text[end : end + 1] not in {"", "\n"}:
        return None
    added = _block_lines(left, items, indent + _STEP)
    return "\n".join([text[:begin] + head, *added]) + text[end:]


def _in_lines(text: str, node: Any, left: tuple[str, ...], items: Sequence[str]) -> str | None:
    lines = text.split("\n")
    column = node.start_mark.column
    last = _last_line(node)
    if last is None or not _fits(node, left) or lines[node.start_mark.line][:column].strip():
        return None
    added = _block_lines(left, items, " " * column)
    return "\n".join([*lines[: last + 1], *added, *lines[last + 1 :]])


def _last_line(node: Any) -> int | None:
    """The last line on which a value stands, from 0; None where its text ends below it."""
    if isinstance(node, yaml.ScalarNode):
        return None if node.style in _BLOCK_TEXT else int(node.end_mark.line)
    if node.flow_style or not node.value:
        return int(node.end_mark.line)
    last = node.value[-1]
    if not isinstance(node, yaml.MappingNode):
        return _last_line(last)
    below = _last_line(last[1])
    return None if below is None else max(int(last[0].end_mark.line), below)
