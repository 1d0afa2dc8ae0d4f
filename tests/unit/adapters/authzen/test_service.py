"""What is asked for an AuthZEN message, and what is answered."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.adapters.authzen.conftest import Point, asked
from wilkc.adapters.authzen import Service, Vocabulary
from wilkc.core.contract import Condition, Decision, Request
from wilkc.core.errors import RequestError
from wilkc.opa import NoAnswerError, no_answer

if TYPE_CHECKING:
    from collections.abc import Sequence

YES, NO = asked("./yes"), asked("./no")
BROKEN: dict[str, Any] = {"subject": {}}
SIZED = Condition("fs.size", "max_bytes", {"max_bytes": 9})


def _body(value: Any) -> bytes:
    return json.dumps(value).encode()


def _batch(*evaluations: Any, **members: Any) -> bytes:
    return _body({"evaluations": list(evaluations), **members})


def _decisions(answer: Any) -> list[bool]:
    return [one["decision"] for one in answer["evaluations"]]


def test_a_grant_and_a_denial_carry_the_decision(service: Service) -> None:
    assert service.evaluation(_body(YES)) == {
        "decision": True,
        "context": {
            "reason": "PERMISSION_GRANTED",
            "detail": "allowed",
            "message": "yes",
            "rule": None,
            "conditions": [],
            "revision": "r1",
        },
    }
    denied = service.evaluation(_body(NO))
    assert denied["decision"] is False
    assert denied["context"]["detail"] == "no_rule_matches"
    assert "error" not in denied["context"]


def test_the_question_is_the_one_of_the_language(service: Service, point: Point) -> None:
    body = asked(
        "./yes",
        subject={"type": "agent", "id": "a", "properties": {"team": "x"}},
        resource={"type": "file", "id": "./yes", "properties": {"size": 3}, "later": 1},
        context={"cwd": "."},
        later={"deep": [[[[]]]]},
    )
    assert service.evaluation(_body(body))["decision"]
    assert _untimed(point) == [
        Request("a", "read", "file", "./yes", {"size": 3}, {"cwd": "."}, {"team": "x"})
    ]


def test_the_time_is_the_host_s_whatever_the_caller_says(service: Service, point: Point) -> None:
    late = asked(context={"time": "2199-01-01T00:00:00Z", "cwd": "."})
    service.evaluation(_body(late))
    service.evaluations(_batch(late, late))
    assert _untimed(point) == [Request("a", "read", "file", "./yes", {}, {"cwd": "."})] * 3


def _untimed(point: Point) -> list[Request]:
    """What was asked, without the time, which must be that of this host."""
    found = []
    for request in point.asked:
        context = dict(request.context)
        then = datetime.fromisoformat(context.pop("time"))
        assert abs(datetime.now(UTC) - then) < timedelta(minutes=5)
        found.append(replace(request, context=context))
    return found


@pytest.mark.parametrize(
    "body",
    [
        asked(subject=None),
        asked(subject={"type": "agent"}),
        asked(subject={"type": 1, "id": "a"}),
        asked(subject={"type": "agent", "id": "a", "properties": []}),
        asked(action="read"),
        asked(action={"name": "read", "properties": None}),
        asked(resource={"type": "file", "id": ["./yes"]}),
        asked(resource={"type": "file", "id": "./yes", "properties": "x"}),
        asked(context=[]),
        asked(context=None),
        asked(context={"x": "\ud800"}),
        asked("./yes\udfff"),
        asked(context={"\ud800": 1}),
        asked("./yes" + "x" * 70_000),
    ],
    ids=range(14),
)
def test_what_is_malformed_reaches_nobody(
    service: Service, point: Point, body: dict[str, Any]
) -> None:
    with pytest.raises(RequestError):
        service.evaluation(_body(body))
    assert _decisions(service.evaluations(_batch(YES, body, YES))) == [True, False, True]
    answer = service.evaluations(_batch(body))["evaluations"][0]
    assert answer["context"]["error"]["status"] == 400
    assert [one.id for one in point.asked] == ["./yes"] * 2


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"\xff",
        b"\xef\xbb\xbf{}",
        b'{"subject": NaN}',
        b'{"subject":{"type":"agent","id":"b","id":"a"}}',
        b'{"x":' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"x":' * 100_000,
        _body(YES) + b"\0",
        _body(YES) + _body(YES),
        _body(YES).decode().encode("utf-16"),
    ],
    ids=range(12),
)
def test_a_body_that_is_read_in_two_ways_is_refused(service: Service, body: bytes) -> None:
    for answer in (service.evaluation, service.evaluations):
        with pytest.raises(RequestError):
            answer(body)


def test_a_key_twice_is_refused_wherever_it_stands(service: Service, point: Point) -> None:
    body = _body(YES | {"later": {"x": 1}}).replace(b'{"x": 1}', b'{"x": 1, "x": 2}')
    with pytest.raises(RequestError, match="twice"):
        service.evaluation(body)
    assert point.asked == []


@pytest.mark.parametrize("depth", [12, 13, 14, 200])
def test_depth_is_bounded_where_it_is_kept(service: Service, depth: int) -> None:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    assert service.evaluation(_body(asked(later=value)))["decision"]
    if depth <= 14:
        assert service.evaluation(_body(asked(context={"x": value})))["decision"]
    else:
        with pytest.raises(RequestError, match="deeper"):
            service.evaluation(_body(asked(context={"x": value})))


def test_subjects_of_another_type_have_no_permissions(service: Service, point: Point) -> None:
    answer = service.evaluation(_body(asked(subject={"type": "user", "id": "a"})))
    assert (answer["decision"], answer["context"]["reason"]) == (False, "NO_PERMISSIONS")
    assert point.asked == []


def test_what_is_not_canonical_is_denied(service: Service, point: Point) -> None:
    body = asked(resource={"type": "network", "id": "https://EXAMPLE。com"})
    answer = service.evaluation(_body(body))
    assert (answer["decision"], answer["context"]["reason"]) == (False, "VALIDATION_ERROR")
    assert point.asked == []


@pytest.mark.parametrize(
    ("semantic", "evaluations", "decisions"),
    [
        ("execute_all", [YES, NO, BROKEN, YES], [True, False, False, True]),
        ("deny_on_first_deny", [YES, NO, YES], [True, False]),
        ("deny_on_first_deny", [YES, BROKEN, YES], [True, False]),
        ("deny_on_first_deny", [YES, YES], [True, True]),
        ("permit_on_first_permit", [NO, YES, NO], [False, True]),
        ("permit_on_first_permit", [BROKEN, YES, NO], [False, True]),
        ("permit_on_first_permit", [NO, BROKEN], [False, False]),
        ("execute_all", [[], 1, None], [False, False, False]),
    ],
    ids=range(8),
)
def test_semantics(
    service: Service, semantic: str, evaluations: list[Any], decisions: list[bool]
) -> None:
    options = {"evaluations_semantic": semantic, "later": 1}
    assert _decisions(service.evaluations(_batch(*evaluations, options=options))) == decisions


@pytest.mark.parametrize(
    "members",
    [
        {"options": []},
        {"options": {"evaluations_semantic": "EXECUTE_ALL"}},
        {"options": {"evaluations_semantic": None}},
        {"options": {"evaluations_semantic": ["execute_all"]}},
        {"evaluations": {}},
        {"evaluations": None},
        {"subject": "a"},
        {"context": None},
        {"evaluations": [YES] * 1001},
        {"context": {"x": "y" * 60_000}, "evaluations": [YES] * 100},
        {"context": {"x": "\ud800"}},
    ],
    ids=range(11),
)
def test_a_batch_that_is_malformed_as_a_whole_reaches_nobody(
    service: Service, point: Point, members: dict[str, Any]
) -> None:
    with pytest.raises(RequestError):
        service.evaluations(_body({"evaluations": [YES], **members}))
    assert point.asked == []


def test_a_thousand_evaluations_are_answered_in_order(service: Service) -> None:
    batch = _batch(*(NO if number % 3 else YES for number in range(1000)))
    assert _decisions(service.evaluations(batch)) == [not number % 3 for number in range(1000)]


def test_defaults_are_taken_whole(service: Service, point: Point) -> None:
    """Nothing of a default is left where an evaluation has a value of its own."""
    default = {"type": "file", "id": "./yes", "properties": {"size": 3}}
    own = {"type": "file", "id": "./no"}
    batch = _batch({}, {"resource": own}, {"resource": {"id": "./yes"}}, **asked(resource=default))
    assert _decisions(service.evaluations(batch)) == [True, False, False]
    assert [one.properties for one in point.asked] == [{"size": 3}, {}]


def test_conditions_that_nobody_fulfils_are_a_denial(point: Point) -> None:
    point.conditions = (SIZED,)
    answer = Service(point).evaluation(_body(YES))
    assert answer["decision"] is False
    assert answer["context"]["detail"] == "condition_not_fulfillable"
    assert answer["context"]["conditions"] == []
    assert _decisions(Service(point).evaluations(_batch(YES, NO))) == [False, False]


def test_conditions_that_callers_fulfil_are_handed_on(point: Point) -> None:
    point.conditions = (SIZED,)
    answer = Service(point, fulfilled={"max_bytes"}).evaluation(_body(YES))
    assert answer["decision"] is True
    assert answer["context"]["conditions"] == [SIZED.as_json()]
    point.conditions = (SIZED, Condition("x", "sandbox"))
    assert not Service(point, fulfilled={"max_bytes"}).evaluation(_body(YES))["decision"]


class _Silent(Point):
    def decide(self, request: Request) -> Decision:
        del request
        return no_answer(NoAnswerError("late_answer", "late"))


def test_no_answer_is_a_denial_that_says_so() -> None:
    answers: Sequence[Any] = [
        Service(_Silent()).evaluation(_body(YES)),
        *Service(_Silent()).evaluations(_batch(YES, YES))["evaluations"],
    ]
    for answer in answers:
        assert answer["decision"] is False
        assert answer["context"]["detail"] == "late_answer"
        assert answer["context"]["error"] == {"status": 500, "message": "late"}


def test_foreign_actions_are_calls_of_tools(point: Point) -> None:
    words = Vocabulary(frozenset({"user"}), frozenset({"record"}))
    body = {
        "subject": {"type": "user", "id": "a", "properties": {"role": "x"}},
        "action": {"name": "write:now", "properties": {"soft": True}},
        "resource": {"type": "record", "id": "7", "properties": {"status": "new"}},
    }
    Service(point, words).evaluation(_body(body))
    arguments = {
        "id": "7",
        "subject": {"role": "x"},
        "action": {"soft": True},
        "resource": {"status": "new"},
    }
    assert _untimed(point) == [
        Request(
            "a",
            "call",
            "tool",
            "record:write:now",
            {"arguments": arguments},
            subject={"role": "x"},
        )
    ]
