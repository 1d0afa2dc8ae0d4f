"""What the policy is asked for each message."""

from __future__ import annotations

from typing import Any

import pytest

from wilkc.adapters.mcp.messages import INVALID_PARAMS, MessageError
from wilkc.adapters.mcp.naming import Ask, asks, check_server, listed
from wilkc.core.errors import UsageError


def _asked(method: str, **params: Any) -> list[tuple[str, str]]:
    return [(one.resource, one.action) for one in asks("s", method, params)]


def test_a_call_is_the_servers_tool_with_its_arguments() -> None:
    found = asks("git.hub", "tools/call", {"name": "get_x", "arguments": {"a": 1}, "_meta": {}})
    assert found == (Ask("tool:mcp__git.hub__get_x", "call", {"arguments": {"a": 1}}),)


def test_a_retry_is_asked_like_a_call() -> None:
    params = {"name": "x", "arguments": {"a": 2}, "inputResponses": {}, "requestState": "s"}
    assert asks("s", "tools/call", params) == (
        Ask("tool:mcp__s__x", "call", {"arguments": {"a": 2}}),
    )


def test_a_prompt_and_a_resource_are_no_tools() -> None:
    assert _asked("prompts/get", name="x") == [("tool:mcp-prompt__s__x", "call")]
    assert _asked("resources/read", uri="db://t/1") == [("tool:mcp-resource__s__db://t/1", "call")]


def test_a_file_must_be_readable_as_a_file_too() -> None:
    assert _asked("resources/read", uri="file:///w/a%20b") == [
        ("tool:mcp-resource__s__file:///w/a%20b", "call"),
        ("file:/w/a b", "read"),
    ]
    assert _asked("resources/subscribe", uri="file://localhost/w")[1] == ("file:/w", "read")


def test_all_that_is_listened_to_is_asked() -> None:
    wanted = {"toolsListChanged": True, "resourceSubscriptions": ["a:1", "b:2"]}
    assert [one for one, _ in _asked("subscriptions/listen", notifications=wanted)] == [
        "tool:mcp-resource__s__a:1",
        "tool:mcp-resource__s__b:2",
    ]


def test_a_completion_tells_of_what_it_completes() -> None:
    prompt, resource = {"type": "ref/prompt", "name": "p"}, {"type": "ref/resource", "uri": "a:{b}"}
    assert _asked("completion/complete", ref=prompt) == [("tool:mcp-prompt__s__p", "call")]
    assert _asked("completion/complete", ref=resource) == [("tool:mcp-resource__s__a:{b}", "call")]


@pytest.mark.parametrize(
    "name",
    [None, 1, "", "x" * 129, "a b", "a/b", "a:b", "get\u200b", "g\u0435t", "\uff47et", "ge\u0301t",
     "a\n", "a*", "{a}", "a\x00", ["a"]],
)  # fmt: skip
@pytest.mark.parametrize("method", ["tools/call", "prompts/get"])
def test_a_name_that_may_look_like_another_is_refused(method: str, name: Any) -> None:
    with pytest.raises(MessageError) as caught:
        asks("s", method, {"name": name})
    assert caught.value.code == INVALID_PARAMS


@pytest.mark.parametrize(
    "uri",
    [
        None,
        "no-scheme",
        "FILE:///x",
        "db://t/../x",
        "db://t/./x",
        "db://t/%2e%2e/x",
        "db://t/..",
        "db://t%2F..%2Fx",
        "db://t/%252e%252e/x",
        "db://t/50%25",
        "file:///w/%252e%252e/etc/passwd",
        "file:///w/%25%32e%25%32e/etc/passwd",
        "db://t\\x",
        "db:// x",
        "db://\u043e",
        "db://x%0",
        "db://x%00",
        "file://host/x",
        "file:x",
        "file:///x?y",
        "file:///x#y",
        "file:///%ff",
        "db:" + "x" * 901,
    ],
)
def test_an_address_that_could_be_read_as_another_is_refused(uri: Any) -> None:
    with pytest.raises(MessageError) as caught:
        asks("s", "resources/read", {"uri": uri})
    assert caught.value.code == INVALID_PARAMS


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("tools/call", {"name": "x", "task": {}}),
        ("tools/call", {"name": "x", "Name": "y"}),
        ("tools/call", {"name": "x", "arguments": []}),
        ("tools/call", {"name": "x", "arguments": None}),
        ("resources/read", {"uri": "a:b", "name": "x"}),
        ("subscriptions/listen", {}),
        ("subscriptions/listen", {"notifications": {"resourceSubscriptions": ["a:b"] * 101}}),
        ("subscriptions/listen", {"notifications": {"resourceSubscriptions": "a:b"}}),
        ("subscriptions/listen", {"notifications": {"taskIds": ["x"]}}),
        ("completion/complete", {"ref": {"type": "ref/tool", "name": "x"}}),
        ("completion/complete", {"ref": None}),
    ],
)
def test_parameters_that_are_not_known_are_refused(method: str, params: dict[str, Any]) -> None:
    with pytest.raises(MessageError) as caught:
        asks("s", method, params)
    assert caught.value.code == INVALID_PARAMS


def test_entries_of_lists_are_asked_by_their_names() -> None:
    assert listed("s", "tools", "x").resource == "tool:mcp__s__x"
    assert listed("s", "prompts", "x").resource == "tool:mcp-prompt__s__x"
    assert listed("s", "resources", "a:b").resource == "tool:mcp-resource__s__a:b"
    template = listed("s", "resourceTemplates", "a://{x}/{+y}")
    assert template.resource == "tool:mcp-resource__s__a://{x}/{+y}"


@pytest.mark.parametrize("template", ["a://{x", "a://../{x}", "{x}", None])
def test_a_template_of_no_form_is_refused(template: Any) -> None:
    with pytest.raises(MessageError):
        listed("s", "resourceTemplates", template)


@pytest.mark.parametrize("name", ["github", "a_b", "node-18.2", "x"])
def test_a_server_has_a_name_that_ends_where_its_tools_begin(name: str) -> None:
    assert check_server(name) == name


@pytest.mark.parametrize("name", ["", "a__b", "a_", "_a", "a b", "a*", "\u0430", "x" * 65, "a\n"])
def test_other_names_of_servers_are_refused(name: str) -> None:
    with pytest.raises(UsageError):
        check_server(name)
