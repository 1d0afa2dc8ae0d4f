"""What becomes of each message, on both ways."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.adapters.mcp.conftest import REFUSED, Between, Policy, code, said
from wilkc.adapters.mcp import flight
from wilkc.adapters.mcp.messages import (
    DENIED,
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
)
from wilkc.core.contract import denial

if TYPE_CHECKING:
    from wilkc.adapters.mcp.filter import Passing


def _result(passing: Passing) -> Any:
    return json.loads(passing.to_client)["result"]


def test_a_permitted_call_is_on_record_before_it_passes(between: Between, policy: Policy) -> None:
    passing = between.call("ok", arguments={"a": 1})
    assert policy.events == [("asked", "tool:mcp__s__ok", True)]
    assert policy.arguments == [{"arguments": {"a": 1}}]
    assert json.loads(passing.to_server)["params"] == {"name": "ok", "arguments": {"a": 1}}
    assert passing.to_client == b""
    answer = between.server(id=1, result={"content": []})
    answer.leave()
    assert _result(answer) == {"content": []}
    assert policy.events[1:] == [("ended", "tool:mcp__s__ok", "")]


def test_a_denied_call_does_not_pass_and_names_no_tool(between: Between) -> None:
    passing = between.call("secret")
    assert code(passing) == DENIED
    assert "secret" not in passing.to_client.decode()
    assert json.loads(passing.to_client)["error"]["data"] == {
        "reason": "PERMISSION_DENIED",
        "detail": "no_rule_matches",
    }


@pytest.mark.parametrize("name", ["OK", "ok ", "o\u212a", "\u043ek", "ok\u200d", "\uff4f\uff4b"])
def test_a_name_that_looks_like_a_permitted_one_is_another(between: Between, name: str) -> None:
    assert code(between.call(name)) in {DENIED, INVALID_PARAMS}


def test_nobody_to_decide_is_an_error_of_its_own(policy: Policy) -> None:
    policy.refusal = denial("VALIDATION_ERROR", "no_decision_point", "there is none")
    assert code(Between(policy).call("x")) == INTERNAL_ERROR


@pytest.mark.parametrize("detail", ["guard_failed", "audit_unavailable"])
def test_a_failure_to_decide_or_record_is_no_judgement(policy: Policy, detail: str) -> None:
    policy.refusal = denial("VALIDATION_ERROR", detail, "no")
    assert code(Between(policy).call("x")) == INTERNAL_ERROR


def test_a_guard_that_breaks_lets_nothing_pass(policy: Policy) -> None:
    policy.broken = True
    between = Between(policy)
    assert code(between.call("ok")) == INTERNAL_ERROR
    policy.broken = False
    assert between.call("ok").to_server


def test_what_the_guard_cannot_read_is_a_fault_of_the_parameters(policy: Policy) -> None:
    policy.refusal = denial("VALIDATION_ERROR", "malformed_request", "too deep")
    assert code(Between(policy).call("x")) == INVALID_PARAMS


def test_a_file_passes_only_if_both_questions_are_answered_yes(policy: Policy) -> None:
    policy.permitted = {"tool:mcp-resource__s__file:///w/a"}
    between = Between(policy)
    params = {"uri": "file:///w/a"}
    assert code(between.client(id=1, method="resources/read", params=params)) == DENIED
    assert policy.events[-1] == ("ended", "tool:mcp-resource__s__file:///w/a", "denied")
    policy.permitted.add("file:/w/a")
    assert between.client(id=1, method="resources/read", params=params).to_server


def test_each_retry_is_decided_anew(between: Between, policy: Policy) -> None:
    retry = {"inputResponses": {"k": {"action": "accept"}}, "requestState": "x"}
    assert between.call("ok", 1, **retry).to_server
    policy.permitted.clear()
    assert code(between.call("ok", 2, **retry)) == DENIED
    assert len(policy.events) == 2


@pytest.mark.parametrize(
    "method", ["tools/delete", "Tools/call", "tools/call ", "tasks/result", "", "rpc.discover"]
)
def test_a_method_that_is_not_known_does_not_pass(between: Between, method: str) -> None:
    assert code(between.client(id=1, method=method)) == METHOD_NOT_FOUND


@pytest.mark.parametrize("method", ["initialize", "ping", "server/discover", "tools/list"])
def test_what_acts_on_nothing_passes_unasked(between: Between, policy: Policy, method: str) -> None:
    meta = {"_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}}
    assert json.loads(between.client(id=1, method=method, params=meta).to_server)["params"] == meta
    assert policy.events == []


def test_an_id_under_way_is_not_given_twice(between: Between, policy: Policy) -> None:
    between.call("ok", 1)
    again = between.call("ok", 1)
    assert code(again) == INVALID_REQUEST
    # Under that id it would be taken for the answer to the first.
    assert json.loads(again.to_client)["id"] is None
    assert len(policy.events) == 1
    assert between.client(id="1", method="ping").to_server
    between.server(id=1, result={})
    assert between.call("ok", 1).to_server


def test_an_unknown_method_under_an_id_in_use_answers_nobody(between: Between) -> None:
    between.call("ok", 1)
    assert json.loads(between.client(id=1, method="nothing").to_client)["id"] is None
    assert between.server(id=1, result={}).to_client


def test_only_so_many_requests_wait(between: Between, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flight, "MAX_WAITING", 2)
    for identity in (1, 2):
        assert between.call("ok", identity).to_server
    assert code(between.call("ok", 3)) == INVALID_REQUEST


@pytest.mark.parametrize("line", [b"{", b"[]", b"\xff", said(id=1, method="ping", more=1)])
def test_what_cannot_be_read_is_answered_and_dropped(between: Between, line: bytes) -> None:
    assert code(between.filter.from_client(line)) < 0


def test_notifications_of_the_client_pass_if_known(between: Between) -> None:
    assert between.client(method="notifications/initialized").to_server
    assert between.client(method="notifications/evil") == between.client(method="tools/call")
    assert between.client(method="tools/call").to_server == b""


def test_a_cancelled_call_is_on_record_and_its_answer_dropped(
    between: Between, policy: Policy
) -> None:
    between.call("ok", 1)
    passing = between.client(method="notifications/cancelled", params={"requestId": 1})
    passing.leave()
    assert passing.to_server
    assert policy.events[-1] == ("ended", "tool:mcp__s__ok", "cancelled")
    assert between.server(id=1, result={}).to_client == b""
    assert (
        between.client(method="notifications/cancelled", params={"requestId": 1}).to_server == b""
    )
    assert (
        between.client(method="notifications/cancelled", params={"requestId": [1]}).to_server == b""
    )


def test_an_answer_that_nobody_waits_for_is_dropped(between: Between) -> None:
    between.call("ok", 1)
    for identity in ("1", 2):
        assert between.server(id=identity, result={}).to_client == b""
    assert between.server(id=1, error={"code": 1, "message": "x"}).to_client
    assert between.server(id=1, result={}).to_client == b""
    assert len(between.logged) == 3


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ({"error": {"code": 1, "message": "x"}}, "error"),
        ({"result": {"isError": True}}, "tool_error"),
        ({"result": {"isError": False}}, ""),
    ],
)
def test_the_outcome_says_whether_it_was_done(
    between: Between, policy: Policy, answer: dict[str, Any], word: str
) -> None:
    between.call("ok", 1)
    between.server(id=1, **answer).leave()
    assert policy.events[-1] == ("ended", "tool:mcp__s__ok", word)


def test_lists_lack_what_is_never_permitted(between: Between, policy: Policy) -> None:
    tools: list[Any] = [{"name": name} for name in ("ok", "secret", "o\u212a", "b d")] + [
        {},
        "ok",
        None,
    ]
    between.client(id=1, method="tools/list")
    answer = between.server(
        id=1, result={"tools": tools, "nextCursor": "x", "cacheScope": "public", "ttlMs": 5}
    )
    assert _result(answer) == {
        "tools": [{"name": "ok"}],
        "nextCursor": "x",
        "cacheScope": "private",
        "ttlMs": 5,
    }
    assert [one.id for one in policy.listed] == ["mcp__s__ok", "mcp__s__secret"]


@pytest.mark.parametrize(
    ("detail", "shown"),
    [
        ("blocked", False),
        ("no_rule_matches", False),
        ("unknown_agent", False),
        ("signature_required", False),
        ("arguments_not_allowed", True),
        ("condition_not_met", True),
        ("rate_exceeded", True),
    ],
)
def test_a_tool_that_some_call_may_use_is_shown(policy: Policy, detail: str, shown: bool) -> None:
    policy.refusal = replace(REFUSED, detail=detail)
    between = Between(policy)
    between.client(id=1, method="tools/list")
    answer = between.server(id=1, result={"tools": [{"name": "x"}]})
    assert bool(_result(answer)["tools"]) is shown


@pytest.mark.parametrize(
    ("method", "member", "key", "permitted", "other"),
    [
        ("prompts/list", "prompts", "name", "p", "q"),
        ("resources/list", "resources", "uri", "a:b", "a:c"),
        ("resources/templates/list", "resourceTemplates", "uriTemplate", "a:{b}", "a:{c}"),
    ],
)
def test_other_lists_are_shortened_alike(
    policy: Policy, method: str, member: str, key: str, permitted: str, other: str
) -> None:
    kind = "mcp-prompt" if member == "prompts" else "mcp-resource"
    policy.permitted = {f"tool:{kind}__s__{permitted}"}
    between = Between(policy)
    between.client(id=1, method=method)
    answer = between.server(id=1, result={member: [{key: permitted}, {key: other}]})
    assert _result(answer) == {member: [{key: permitted}]}


@pytest.mark.parametrize("result", [{}, {"tools": {}}, {"tools": None}])
def test_a_list_that_is_none_is_withheld(between: Between, result: dict[str, Any]) -> None:
    between.client(id=1, method="tools/list")
    assert code(between.server(id=1, result=result)) == INTERNAL_ERROR


def test_no_list_is_shown_while_nobody_decides(policy: Policy) -> None:
    policy.refusal = denial("VALIDATION_ERROR", "late_answer", "late")
    between = Between(policy)
    between.client(id=1, method="tools/list")
    tools = [{"name": "ok"}, {"name": "x"}]
    assert code(between.server(id=1, result={"tools": tools})) == INTERNAL_ERROR


@pytest.mark.parametrize("method", ["sampling/createMessage", "elicitation/create", "roots/list"])
def test_a_server_wants_nothing_of_the_client_unless_permitted(
    between: Between, policy: Policy, method: str
) -> None:
    refused = between.server(id=7, method=method)
    assert refused.to_client == b""
    assert json.loads(refused.to_server)["error"]["code"] == METHOD_NOT_FOUND
    policy.permitted.add(f"tool:mcp-client__s__{method}")
    assert between.server(id=7, method=method).to_client
    answer = between.client(id=7, result={})
    answer.leave()
    assert answer.to_server
    assert policy.events[-1] == ("ended", f"tool:mcp-client__s__{method}", "")


def test_a_client_answers_only_what_it_was_asked(between: Between) -> None:
    assert between.client(id=7, result={}).to_server == b""
    assert between.server(id=7, method="ping").to_client
    assert between.client(id="7", result={}).to_server == b""
    assert between.client(id=7, result={}).to_server
    assert between.client(id=7, result={}).to_server == b""


@pytest.mark.parametrize("method", ["tools/call", "initialize", "x"])
def test_a_server_asks_nothing_else(between: Between, method: str) -> None:
    refused = between.server(id=7, method=method)
    assert refused.to_client == b""
    assert json.loads(refused.to_server)["error"]["code"] == METHOD_NOT_FOUND


def test_notifications_of_the_server_pass_if_known(between: Between) -> None:
    assert between.server(method="notifications/progress", params={}).to_client
    assert between.server(method="notifications/tasks/status").to_client == b""
    assert between.server(method="notifications/initialized").to_client == b""


def _wish(between: Between, requests: Any) -> Passing:
    between.call("ok", 1)
    return between.server(id=1, result={"resultType": "input_required", "inputRequests": requests})


def test_a_wish_inside_a_result_must_be_permitted(between: Between, policy: Policy) -> None:
    wish = {"k": {"method": "elicitation/create", "params": {}}}
    refused = _wish(between, wish)
    assert code(refused) == DENIED
    policy.permitted.add("tool:mcp-client__s__elicitation/create")
    assert _result(_wish(between, wish))["inputRequests"] == wish
    both = {**wish, "l": {"method": "sampling/createMessage"}}
    assert code(_wish(between, both)) == DENIED


@pytest.mark.parametrize("wish", [[], {"k": {}}, {"k": {"method": 1}}, {"k": {"method": "x"}}])
def test_a_wish_that_is_not_known_is_withheld(between: Between, wish: Any) -> None:
    assert code(_wish(between, wish)) in {INVALID_PARAMS, INTERNAL_ERROR}


@pytest.mark.parametrize(
    ("method", "member"),
    [
        ("tools/list", "tools"),
        ("prompts/list", "prompts"),
        ("resources/list", "resources"),
        ("resources/templates/list", "resourceTemplates"),
    ],
)
def test_no_list_is_shown_beside_a_wish(between: Between, method: str, member: str) -> None:
    """An older client does not know what is wished for, and takes the list."""
    for entries in ([{"name": "secret"}], [], None):
        between.client(id=1, method=method)
        result = {"resultType": "input_required", member: entries}
        assert code(between.server(id=1, result=result)) == INTERNAL_ERROR
    between.client(id=1, method=method)
    assert _result(between.server(id=1, result={"resultType": "input_required"}))
    between.call("ok", 1)
    result = {"resultType": "input_required", member: []}
    assert _result(between.server(id=1, result=result)) == result


def test_what_does_not_come_is_told_and_on_record(between: Between, policy: Policy) -> None:
    between.call("ok", 1)
    assert between.filter.late(time.monotonic() - 60) == []
    (late,) = between.filter.late(time.monotonic() + 1)
    late.leave()
    assert json.loads(late.to_client)["error"]["code"] == INTERNAL_ERROR
    assert json.loads(late.to_server)["params"] == {"requestId": 1}
    assert policy.events[-1] == ("ended", "tool:mcp__s__ok", "late")
    assert between.server(id=1, result={}).to_client == b""


def test_the_end_of_the_server_answers_all(between: Between, policy: Policy) -> None:
    between.call("ok", 1)
    between.client(id="a", method="ping")
    told = [json.loads(one.to_client)["id"] for one in between.filter.end()]
    assert told == [1, "a"]
    assert between.filter.end() == []
    del policy


def test_a_subscription_waits_as_long_as_it_likes(between: Between) -> None:
    params = {"notifications": {"toolsListChanged": True}}
    assert between.client(id=1, method="subscriptions/listen", params=params).to_server
    assert between.filter.late(time.monotonic() + 1) == []
    assert len(between.filter.unreadable()) == 1


def test_garbage_of_the_server_is_dropped(between: Between) -> None:
    between.call("ok", 1)
    assert between.filter.from_server(b"Listening on port 80").to_client == b""
    assert between.filter.from_server(b'[{"jsonrpc":"2.0","id":1,"result":{}}]').to_client == b""
    assert between.server(id=1, result={}).to_client
