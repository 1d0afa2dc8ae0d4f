"""Taking one item out of a generated text takes out that item and nothing else."""

from __future__ import annotations

import random

import yaml

from wilkc.syntax import Mapping, Node, Sequence, plain_data, read_documents, without_item


def test_any_item_of_any_text_goes_alone(seed: int) -> None:
    chance = random.Random(seed)
    done = 0
    for _ in range(150):
        value = {"a": _tree(chance, 3), "b": ["x", "y"]}
        text = yaml.safe_dump(
            value, default_flow_style=chance.choice([True, False, None]), width=10_000
        )
        nodes, _ = read_documents(text.encode(), "a.yaml")
        items = _items(nodes[0])
        number = chance.randrange(len(items))
        new = without_item(text.encode(), items[number].span)
        if new is None:
            continue
        done += 1
        (again,), problems = read_documents(new, "a.yaml")
        assert problems == ()
        assert plain_data(again) == _pruned(nodes[0], items[number]), (text, new)
    assert done > 100


def _tree(chance: random.Random, depth: int) -> object:
    if depth == 0:
        return chance.choice(["x", "# y", "a, b", "c: d", "é", "[e]", "x'y", "-", 1, True])
    if chance.random() < 0.3:
        return {f"k{number}": _tree(chance, depth - 1) for number in range(chance.randint(1, 3))}
    return [_tree(chance, depth - 1) for _ in range(chance.randint(0, 3))]


def _pruned(node: Node, gone: Node) -> object:
    if isinstance(node, Mapping):
        return {key.text: _pruned(value, gone) for key, value in node.entries}
    if isinstance(node, Sequence):
        return tuple(_pruned(item, gone) for item in node.items if item is not gone)
    return plain_data(node)


def _items(node: Node) -> list[Node]:
    """Every item of every list, in the order of the text."""
    if isinstance(node, Mapping):
        return [item for _, value in node.entries for item in _items(value)]
    if isinstance(node, Sequence):
        return [one for item in node.items for one in (item, *_items(item))]
    return []
