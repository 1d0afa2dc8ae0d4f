"""Whatever comes to a door through which requests come is judged as it is, or refused."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

from wilkc.adapters.authzen.vocabulary import Vocabulary, read_question
from wilkc.adapters.mcp.messages import Message, MessageError, encode, read_message
from wilkc.adapters.mcp.methods import DECIDED
from wilkc.adapters.mcp.naming import asks
from wilkc.core.contract import Decision, Request
from wilkc.core.errors import RequestError
from wilkc.language.requests import read_request
from wilkc.runtime.guard.steps import Question, prepare
from wilkc.runtime.sandbox.names import Roots

if TYPE_CHECKING:
    from collections.abc import Callable

CASES = 1000
SCALARS = (
    None, True, False, 0, -1, 1.5, 2**64, "", "x", "a" * 2000, "\ud800", "\x00", "g\u0435t",
    "../..", "constructor", "__proto__", "tools/call", "mcp__s__x", float("nan"), float("inf"),
)  # fmt: skip
KEYS = ("name", "id", "type", "properties", "arguments", "uri", "__proto__", "constructor", "", "x")
ROOTS = Roots("/w", "/h")
REQUEST = {
    "subject": {"type": "agent", "id": "a"},
    "action": {"name": "call"},
    "resource": {"type": "tool", "id": "x", "properties": {"arguments": {"a": 1}}},
    "context": {},
}
MESSAGE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "x", "arguments": {"a": 1}, "_meta": {}},
}


def _value(chance: random.Random, depth: int = 0) -> Any:
    if depth < 3 and chance.random() < 0.3:
        return {chance.choice(KEYS): _value(chance, depth + 1) for _ in range(3)}
    if depth < 3 and chance.random() < 0.2:
        return [_value(chance, depth + 1) for _ in range(2)]
    return chance.choice(SCALARS)


def _changed(chance: random.Random, body: Any) -> Any:
    """The body with one or two places changed."""
    copy = json.loads(json.dumps(body))
    for _ in range(chance.randrange(1, 3)):
        inner, key = copy, chance.choice([*copy])
        while isinstance(inner.get(key), dict) and inner[key] and chance.random() < 0.7:
            inner = inner[key]
            key = chance.choice([*inner])
        if chance.random() < 0.3:
            inner.pop(key, None)
            key = chance.choice(KEYS)
        inner[key] = _value(chance)
    return copy


def _of_text(value: Request) -> bool:
    texts = (value.agent, value.action, value.type, value.id)
    # Encoding raises for what is no Unicode, and dumping for what is no JSON.
    json.dumps(value.as_input(), allow_nan=False, ensure_ascii=False).encode()
    return all(isinstance(one, str) for one in texts)


def test_an_evaluation_is_a_request_or_refused(
    seed: int, effort: int, record_property: Callable[[str, object], None]
) -> None:
    chance = random.Random(seed)
    taken = 0
    for _ in range(CASES * effort):
        body = _changed(chance, REQUEST)
        for read in (read_request, lambda raw: read_question(raw, Vocabulary())):
            try:
                found = read(body)
            except RequestError:
                continue
            assert isinstance(found, Decision) or _of_text(found), body
            taken += 1
    assert taken > 0
    record_property("compared", CASES * effort * 2)


def test_a_question_to_the_guard_is_a_request_or_refused(seed: int, effort: int) -> None:
    chance = random.Random(seed)
    taken = 0
    for _ in range(CASES * effort):
        given: dict[str, Any] = {
            "resource": "tool:x",
            "action": "call",
            "properties": {"arguments": {"a": 1}},
            "context": {},
        }
        given[chance.choice([*given])] = _value(chance)
        prepared = prepare(Question(**given, agents=("a",)), ROOTS)
        if prepared.refusal is None:
            assert _of_text(prepared.request)
            taken += 1
        else:
            assert prepared.refusal.allow is False
    assert taken > 0


def test_a_message_is_asked_as_what_is_passed_on_or_refused(seed: int, effort: int) -> None:
    chance = random.Random(seed)
    taken = 0
    for _ in range(CASES * effort):
        body = _changed(chance, MESSAGE)
        try:
            message = read_message(json.dumps(body).encode())
            asked = _asked(message)
            line = encode(message.body)
        except MessageError:
            continue
        again = read_message(line)
        assert again == message
        assert _asked(again) == asked
        taken += 1
    assert taken > 0


def _asked(message: Message) -> object:
    return asks("s", message.method, message.params) if message.method in DECIDED else None
