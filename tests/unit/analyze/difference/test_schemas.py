"""Schemas of tool arguments: what follows from another schema, and what a call shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from wilkc.analyze.difference import AgentGroup

    Compared = Callable[..., AgentGroup]

Held = dict[str, Any]
SCHEMA: Held = {"required": ["x"], "properties": {"x": {"type": "string", "maxLength": 3}}}
LOOSE: Held = {"properties": {"x": {"type": "string", "maxLength": 4}}}


def tools(**arguments: Held) -> Held:
    return {"tools": {"allowed": ["*"], "arguments": arguments}}


def of_x(**schema: Any) -> Held:
    return tools(t={"properties": {"x": schema}})


def kinds(group: AgentGroup) -> set[str]:
    return {one.kind for one in group.changes} | ({"undecided"} if group.undecided else set())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (tools(**{"{a,b}": SCHEMA}), tools(a=SCHEMA, b=SCHEMA)),
        (tools(a=SCHEMA, b=SCHEMA), tools(**{"[ab]": SCHEMA})),
        (tools(**{"a*": SCHEMA}), tools(**{"a*": SCHEMA, "ab": SCHEMA})),
        (of_x(type="string", enum=["ab"]), of_x(enum=["ab"])),
        (of_x(**{"x-glob": "{a,b}"}), of_x(**{"x-glob": "[ab]"})),
        (of_x(enum=[1, "a"]), of_x(enum=["a", 1, "a"])),
    ],
)
def test_other_words_for_the_same_schema_are_no_change(
    compared: Compared, old: Held, new: Held
) -> None:
    assert kinds(compared(old, new)) == set()
    assert kinds(compared(new, old)) == set()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (of_x(type="string", maxLength=3), of_x(enum=["ab"])),
        (of_x(minimum=3, type="integer"), of_x(enum=[3, 4])),
        (of_x(**{"x-glob": "a*"}), of_x(**{"x-glob": "ab*"})),
        (of_x(maximum=3), of_x(type="string")),
        (of_x(properties={"y": {"type": "string"}}), of_x(type="integer")),
        (of_x(items={"type": "string"}), of_x(enum=["a"])),
        (of_x(type="string"), tools(t={"additionalProperties": False})),
        (tools(a=SCHEMA), tools(**{"*": SCHEMA})),
        (tools(a=SCHEMA), tools(**{"a": SCHEMA, "a*": {"required": ["y"]}})),
    ],
)
def test_a_stricter_schema_is_tighter(compared: Compared, old: Held, new: Held) -> None:
    assert kinds(compared(old, new)) == {"tighter"}
    assert kinds(compared(new, old)) == {"looser"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (tools(**{"{a,b}": SCHEMA}), tools(a=SCHEMA, b=LOOSE)),
        (tools(**{"a*": SCHEMA}), tools(**{"ab*": SCHEMA})),
        (of_x(type="string", enum=["ab"]), of_x(enum=["ab", 1])),
        (of_x(**{"x-glob": "{a,b}"}), of_x(**{"x-glob": "[abc]"})),
        (of_x(type="string"), of_x(enum=["a", None])),
        (of_x(properties={"y": {"type": "string"}}), of_x(type=["integer", "object"])),
        (of_x(items={"type": "string"}), of_x(type="array")),
        (tools(a={"required": ["x", "y"]}), tools(a={"required": ["x"]})),
        (tools(a={}), tools()),
        (
            tools(t={"additionalProperties": False, "properties": {"x": {}}}),
            tools(t={"additionalProperties": False, "properties": {"x": {}, "z": {}}}),
        ),
        (of_x(type="array", maxItems=2), of_x(type="array", maxItems=3)),
    ],
)
def test_a_looser_schema_is_shown_by_a_call(compared: Compared, old: Held, new: Held) -> None:
    changes = [one for one in compared(old, new).changes if one.kind == "looser"]
    assert changes
    assert all(one.witness is not None for one in changes)


def test_what_neither_follows_nor_is_shown_is_not_decided(compared: Compared) -> None:
    old = of_x(type="string", minLength=1)
    new = of_x(type="string", **{"x-glob": "?*"})
    assert kinds(compared(old, new)) == {"undecided", "tighter"}
    (undecided,) = compared(old, new).undecided
    assert (undecided.type, undecided.action, undecided.rule.text) == ("tool", "arguments", "t")
