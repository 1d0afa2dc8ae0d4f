"""Bytes that say one message, and those that say none or several."""

from __future__ import annotations

import json

import pytest

from wilkc.adapters.mcp import messages
from wilkc.adapters.mcp.messages import (
    INVALID_REQUEST,
    MAX_MESSAGE,
    PARSE_ERROR,
    MessageError,
    encode,
    error_answer,
    read_message,
)

BAD = {
    "not JSON": (b"{", PARSE_ERROR),
    "not UTF-8": b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":"\xff"}}',
    "UTF-16": '{"jsonrpc":"2.0","id":1,"method":"ping"}'.encode("utf-16"),
    "a key twice": b'{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}',
    "a key twice below": b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":'
    b'{"name":"ok","name":"bad"}}',
    "NaN": b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":NaN}}',
    "a number too long to read": b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":%s}}'
    % (b"9" * 5000),
    "deep": b"[" * 100_000,
    "a batch": (b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]', INVALID_REQUEST),
    "text": (b'"ping"', INVALID_REQUEST),
    "another version": (b'{"jsonrpc":"1.0","id":1,"method":"ping"}', INVALID_REQUEST),
    "no version": (b'{"id":1,"method":"ping"}', INVALID_REQUEST),
    "an id that is null": (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', INVALID_REQUEST),
    "an id that is true": (b'{"jsonrpc":"2.0","id":true,"method":"ping"}', INVALID_REQUEST),
    "an id with a fraction": (b'{"jsonrpc":"2.0","id":1.0,"method":"ping"}', INVALID_REQUEST),
    "an id beyond 2**53": (
        b'{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}',
        INVALID_REQUEST,
    ),
    "an id that is long": (
        b'{"jsonrpc":"2.0","id":"%s","method":"ping"}' % (b"x" * 257),
        INVALID_REQUEST,
    ),
    "a method that is no text": (b'{"jsonrpc":"2.0","id":1,"method":1}', INVALID_REQUEST),
    "parameters in a list": (
        b'{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}',
        INVALID_REQUEST,
    ),
    "a request and an answer": (
        b'{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}',
        INVALID_REQUEST,
    ),
    "a result and an error": (
        b'{"jsonrpc":"2.0","id":1,"result":{},"error":{}}',
        INVALID_REQUEST,
    ),
    "neither": (b'{"jsonrpc":"2.0","id":1}', INVALID_REQUEST),
    "a result that is a text": (b'{"jsonrpc":"2.0","id":1,"result":"x"}', INVALID_REQUEST),
    "a result without an id": (b'{"jsonrpc":"2.0","result":{}}', INVALID_REQUEST),
}


@pytest.mark.parametrize("name", BAD)
def test_what_has_no_one_meaning_is_refused(name: str) -> None:
    given = BAD[name]
    data, expected = given if isinstance(given, tuple) else (given, PARSE_ERROR)
    with pytest.raises(MessageError) as caught:
        read_message(data)
    assert caught.value.code == expected


def test_a_message_has_a_largest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    ping = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'
    monkeypatch.setattr(messages, "MAX_MESSAGE", len(ping))
    assert read_message(ping).method == "ping"
    with pytest.raises(MessageError, match="at most"):
        read_message(ping + b" ")
    assert len(ping) < MAX_MESSAGE


@pytest.mark.parametrize("identity", [0, -1, 2**53 - 1, "", "x" * 256])
def test_ids_stay_what_they_are(identity: int | str) -> None:
    line = encode({"jsonrpc": "2.0", "id": identity, "method": "ping"})
    assert read_message(line).id == identity
    assert type(read_message(line).id) is type(identity)


def test_a_message_is_written_so_that_no_reader_finds_another_in_it() -> None:
    hidden = '{"jsonrpc":"2.0","id":2,"method":"tools/call"}'
    text = f"a\u2028{hidden}\u2029{hidden}\x85{hidden}\r\n{hidden}"
    line = encode({"jsonrpc": "2.0", "id": 1, "result": {"text": text}})
    assert line.decode().splitlines() == [line.decode().removesuffix("\n")]
    assert json.loads(line)["result"]["text"] == text


def test_a_number_that_json_lacks_is_not_written() -> None:
    message = read_message(b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":1e999}}')
    with pytest.raises(MessageError):
        encode(message.body)


def test_an_error_says_its_request_where_that_is_known() -> None:
    told = json.loads(error_answer(MessageError(-1, "no"), "x"))
    assert told == {"jsonrpc": "2.0", "id": "x", "error": {"code": -1, "message": "no"}}
    assert json.loads(error_answer(MessageError(-1, "no")))["id"] is None


def test_an_error_without_an_id_is_an_answer() -> None:
    message = read_message(b'{"jsonrpc":"2.0","id":null,"error":{"code":-32700}}')
    assert (message.kind, message.id) == ("answer", None)
