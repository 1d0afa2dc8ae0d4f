"""A layout made canonical: order of keys, quotes, explicit patterns. Layer: format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.language.paths import explicit_rule
from wilkc.syntax.layout import Group, Text

if TYPE_CHECKING:
    from wilkc.spec import Shape
    from wilkc.syntax.layout import Layout


def make_canonical(value: Layout, shape: Shape) -> None:
    """Bring a value into the order and spelling of its shape.

    Keys stand in the order of the model, items and free keys in the order written; patterns
    stand in quotes, and patterns of paths in their explicit form.
    """
    if isinstance(value, Text):
        _spell(value, shape)
        return
    if value.entries and value.mapping and shape.keys:
        _sort(value, shape)
    for entry in value.entries:
        key = entry.key
        inner = shape.keys.get(key.text, shape.values) if key else shape.items
        if inner is not None:
            make_canonical(entry.value, inner)


def _spell(text: Text, shape: Shape) -> None:
    pattern = shape.pattern
    if pattern is None:
        return
    text.quoted = True
    if pattern.language == "path":
        text.text = text.value = explicit_rule(text.text, pattern.effect)


def _sort(group: Group, shape: Shape) -> None:
    """Sort the keys; the one that was first leaves its place at the head of the group to another.

    No blank line stands at the head, so the two exchange the blank lines before them.
    """
    order = {name: number for number, name in enumerate(shape.keys)}
    was_first = group.entries[0]
    group.entries.sort(key=lambda entry: order.get(entry.key.text if entry.key else "", 0))
    first = group.entries[0]
    if first is not was_first:
        was_first.leads_blank, first.leads_blank = first.leads_blank, False
