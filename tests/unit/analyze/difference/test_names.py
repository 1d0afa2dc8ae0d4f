"""Models, tools, system actions and agents, and what calls of tools must show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.analyze.difference.conftest import clauses

if TYPE_CHECKING:
    from collections.abc import Callable

    from wilkc.analyze.difference import AgentGroup

    Compared = Callable[..., AgentGroup]


def models(*allowed: str, blocked: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    return {"llm": {"allowed_models": [*allowed], "blocked_models": [*blocked], **more}}


def tools(*allowed: str, **more: Any) -> dict[str, Any]:
    return {"tools": {"allowed": [*allowed], **more}}


def test_models_are_compared_as_patterns(compared: Compared) -> None:
    assert clauses(compared(models("gpt-4"), models("gpt-4*"))) == {
        ("newly_allowed", "llm request", "gpt-4a")
    }
    assert clauses(compared(models("gpt-[34]"), models("gpt-3", "gpt-4"))) == set()


def test_blocks_of_models_ignore_case(compared: Compared) -> None:
    old, new = models("*", blocked=("bad",)), models("*", blocked=("BAD",))
    assert clauses(compared(old, new)) == set()
    assert clauses(compared(models("*"), new)) == {("newly_denied", "llm request", "bad")}


def test_limits_of_models(compared: Compared) -> None:
    old = models("m", max_tokens_per_request=8192, max_requests_per_hour=5, content_filtering=True)
    new = models("m", max_tokens_per_request=4096, max_requests_per_hour=9)
    assert clauses(compared(old, new)) == {
        ("tighter", "llm max_tokens_per_request", "8192 -> 4096"),
        ("looser", "llm max_requests_per_hour", "5 -> 9"),
        ("looser", "llm content_filtering", "on -> off"),
    }
    assert clauses(compared(old, old)) == set()


@pytest.mark.parametrize(
    ("old", "new", "what", "risk"),
    [
        ({"system": {}}, {"system": {"admin": True}}, "system admin", "high"),
        ({"system": {}}, {"system": {"info": ["os"]}}, "system info", "low"),
        (
            {"system": {}},
            {"system": {"registry": {"publish": ["npm/*"]}}},
            "system registry.publish",
            "medium",
        ),
        ({"agents": {}}, {"agents": {"use": ["worker-1"]}}, "agent use", "low"),
        ({"agents": {}}, {"agents": {"delete": ["*"]}}, "agent delete", "medium"),
        (tools("a"), tools("a", "mcp__*"), "tool call", "medium"),
    ],
)
def test_other_names(
    compared: Compared, old: dict[str, Any], new: dict[str, Any], what: str, risk: str
) -> None:
    wider, narrower = compared(old, new), compared(new, old)
    assert [(one.kind, f"{one.type} {one.action}", one.risk) for one in wider.changes] == [
        ("newly_allowed", what, risk)
    ]
    assert [(one.kind, one.risk) for one in narrower.changes] == [("newly_denied", "none")]


def test_an_example_of_a_tool_bears_a_signature_and_conforms(compared: Compared) -> None:
    schema = {"required": ["path"], "properties": {"path": {"type": "string", "x-glob": "src/*"}}}
    demands = {"signed": ["key-1"], "arguments": {"*": schema}}
    (change,) = compared(tools(**demands), tools("write", **demands)).changes
    assert change.witness is not None
    assert change.witness.properties["signed_by"] == "key-1"
    assert change.witness.properties["arguments"]["path"].startswith("src/")


def test_a_call_that_no_arguments_satisfy_is_left_undecided(compared: Compared) -> None:
    never = {"*": {"required": ["n"], "properties": {"n": {"enum": [1], "type": "string"}}}}
    group = compared(tools(arguments=never), tools("write", arguments=never))
    assert [(one.type, one.action) for one in group.undecided] == [("tool", "call")]


def test_signatures(compared: Compared) -> None:
    one, two = tools("t", signed=["k1"]), tools("t", signed=["k1", "k2"])
    assert clauses(compared(one, two)) == {("looser", "tool signed", "k1 -> k1, k2")}
    assert clauses(compared(two, one)) == {("tighter", "tool signed", "k1, k2 -> k1")}
    assert clauses(compared(two, tools("t"))) == {("looser", "tool signed", "k1, k2 -> none")}
    other = clauses(compared(one, tools("t", signed=["k2"])))
    assert {kind for kind, *_ in other} == {"looser", "tighter"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"maximum": 9}, {"maximum": 99}),
        ({"minimum": 9}, {"minimum": 1}),
        ({"enum": [1]}, {"enum": [1, True]}),
        ({"type": "integer"}, {"type": "number"}),
        ({"x-glob": "src/*"}, {"x-glob": "*"}),
        ({"maxLength": 3}, {}),
    ],
)
def test_schemas_are_compared_check_by_check(
    compared: Compared, old: dict[str, Any], new: dict[str, Any]
) -> None:
    def held(check: dict[str, Any], tool: str = "t") -> dict[str, Any]:
        return tools("t", arguments={tool: {"properties": {"n": check}}})

    assert {kind for kind, *_ in clauses(compared(held(old), held(new)))} >= {"looser"}
    back = {kind for kind, *_ in clauses(compared(held(new), held(old)))}
    assert "tighter" in back
    assert clauses(compared(held(old), held(old))) == set()
    # A schema of a tool that is not allowed restricts nobody.
    assert clauses(compared(held(old, "other"), held(new, "other"))) == set()


def test_no_signer_at_all_is_not_no_demand(compared: Compared) -> None:
    none, free = tools("t", signed=[]), tools("t")
    assert clauses(compared(none, free)) == {("newly_allowed", "tool call", "t")}
    assert clauses(compared(free, none)) == {("newly_denied", "tool call", "t")}
    assert clauses(compared(none, none)) == set()
    assert clauses(compared(none, tools("t", "u", signed=[]))) == set()
    assert clauses(compared(none, tools("t", signed=["k"]))) == {
        ("newly_allowed", "tool call", "t")
    }


@pytest.mark.parametrize("wider", [{}, {"max_requests_per_hour": 5}])
def test_a_rate_of_nothing_grants_nothing(compared: Compared, wider: dict[str, Any]) -> None:
    none, some = models("m", max_requests_per_hour=0), models("m", **wider)
    assert clauses(compared(none, some)) == {("newly_allowed", "llm request", "m")}
    assert clauses(compared(some, none)) == {("newly_denied", "llm request", "m")}
    assert clauses(compared(none, models("m", "n", max_requests_per_hour=0))) == set()
