"""Heads of HTTP requests, their agreement with bodies, events, and places."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from wilkc.adapters.mcp.http.agreement import check_agreement, decoded
from wilkc.adapters.mcp.http.asked import Door, RefusedError, read_asked
from wilkc.adapters.mcp.http.caller import _unchunked
from wilkc.adapters.mcp.http.listening import read_listening
from wilkc.adapters.mcp.http.sessions import MAX_SESSIONS, Sessions
from wilkc.adapters.mcp.http.sse import Event, Events
from wilkc.adapters.mcp.http.upstream import Place, read_place
from wilkc.adapters.mcp.messages import HEADER_MISMATCH, MessageError, read_message
from wilkc.core.errors import UsageError

DOOR = Door("/mcp", frozenset({"localhost", "localhost:80"}), frozenset({"https://a.example"}))
HEADERS = {"Host": "localhost:80", "Content-Type": "application/json", "Content-Length": "2"}


def _head(line: str = "POST /mcp HTTP/1.1", *more: str, **other: str) -> bytes:
    headers = {**HEADERS, **{name.replace("_", "-"): value for name, value in other.items()}}
    lines = [f"{name}: {value}" for name, value in headers.items() if value]
    return "\r\n".join([line, *lines, *more]).encode("latin-1")


def test_a_plain_request_comes_in() -> None:
    asked = read_asked(_head("POST /mcp HTTP/1.1", "Accept: a", "Accept: b"), DOOR)
    assert (asked.method, asked.length, asked.headers["accept"]) == ("POST", 2, "a, b")
    assert read_asked(_head(Origin="https://a.example"), DOOR).expects is False
    assert read_asked(_head(Expect="100-continue"), DOOR).expects is True


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (_head("POST /mcp HTTP/1.0"), 400),
        (_head("POST  /mcp HTTP/1.1"), 400),
        (_head("POST http://localhost/mcp HTTP/1.1"), 400),
        (_head("PUT /mcp HTTP/1.1", Content_Length=""), 405),
        (_head("POST /mcp/ HTTP/1.1"), 404),
        (_head("POST /mcp?x HTTP/1.1"), 404),
        (_head(Host=""), 403),
        (_head(Host="evil.example"), 403),
        (_head(Origin="https://evil.example"), 403),
        (_head(Origin="null"), 403),
        (_head(Origin="https://a.example.evil"), 403),
        (_head("POST /mcp HTTP/1.1", "Content-Length: 2"), 400),
        (_head("POST /mcp HTTP/1.1", "Content-Length: 3"), 400),
        (_head("POST /mcp HTTP/1.1", "Transfer-Encoding: chunked"), 400),
        (_head(Transfer_Encoding="chunked, gzip", Content_Length=""), 400),
        (_head(Content_Length="+2"), 400),
        (_head("POST /mcp HTTP/1.1", "Mcp-Name: a", "mcp-name: b"), 400),
        (_head("POST /mcp HTTP/1.1", "Host: localhost"), 400),
        (_head("POST /mcp HTTP/1.1", " folded: x"), 400),
        (_head("POST /mcp HTTP/1.1", "Mcp-Name : x"), 400),
        (_head("POST /mcp HTTP/1.1", "Mcp-Name: a\nMcp-Name: b"), 400),
        (_head(Content_Type="text/plain"), 415),
        (_head(Content_Type="application/json; charset=utf-16"), 415),
        (_head(Content_Type=""), 415),
        (_head(Content_Encoding="gzip"), 415),
        (_head(Expect="200-ok"), 400),
        (_head("GET /mcp HTTP/1.1"), 400),
    ],
)
def test_what_could_be_read_in_two_ways_or_is_for_others_is_refused(
    head: bytes, status: int
) -> None:
    with pytest.raises(RefusedError) as caught:
        read_asked(head, DOOR)
    assert caught.value.status == status


@pytest.mark.parametrize("header", ["", "Bearer x", "Basic secret", "Bearer secret2", "secret"])
def test_who_does_not_bear_the_token_is_refused(header: str) -> None:
    door = Door("/mcp", token="secret")  # noqa: S106  # of a test
    with pytest.raises(RefusedError) as caught:
        read_asked(_head(Authorization=header), door)
    assert caught.value.status == 401
    assert "secret" not in repr(door)
    assert read_asked(_head(Authorization="bearer secret"), door).method == "POST"


META = {"_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}}
MODERN = {
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": "tools/call",
    "mcp-name": "search",
}


def _agree(params: dict[str, Any], headers: dict[str, str], method: str = "tools/call") -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    check_agreement(read_message(json.dumps(body).encode()), headers)


def test_headers_that_say_what_the_body_says() -> None:
    _agree({"name": "search", **META}, MODERN)
    _agree({"name": "search"}, {"mcp-protocol-version": "2025-11-25"})
    _agree({"name": "search"}, {})
    encoded = base64.b64encode("grüße".encode()).decode()
    _agree({"name": "grüße", **META}, {**MODERN, "mcp-name": f"=?base64?{encoded}?="})
    arguments = {"city": "Berlin", "days": 7, "sure": True, "more": {"x": "y"}}
    said = {"mcp-param-city": "Berlin", "mcp-param-d": "7", "mcp-param-s": "true",
            "mcp-param-x": "y"}  # fmt: skip
    _agree({"name": "search", "arguments": arguments, **META}, {**MODERN, **said})
    listed = {**MODERN, "mcp-method": "tools/list"}
    del listed["mcp-name"]
    _agree(META, listed, "tools/list")
    read = {**MODERN, "mcp-method": "resources/read", "mcp-name": "a:b"}
    _agree({"uri": "a:b", **META}, read, "resources/read")


@pytest.mark.parametrize(
    ("params", "headers"),
    [
        ({"name": "delete", **META}, MODERN),
        ({"name": "search", **META}, {**MODERN, "mcp-method": "tools/list"}),
        ({"name": "search", **META}, {**MODERN, "mcp-method": "Tools/call"}),
        ({"name": "search", **META}, {**MODERN, "mcp-protocol-version": "2025-11-25"}),
        ({"name": "search"}, MODERN),
        ({"name": "search", **META}, {}),
        ({"name": "search", **META}, {"mcp-protocol-version": "2026-07-28"}),
        ({"name": "search", **META}, {key: MODERN[key] for key in list(MODERN)[:2]}),
        ({"name": "search"}, {"mcp-name": "other"}),
        ({"name": "search"}, {"mcp-method": "tools/list"}),
        ({"name": "search"}, {"mcp-protocol-version": "latest"}),
        ({"name": "search", **META}, {**MODERN, "mcp-name": "=?base64?c2VhcmNo?"}),
        ({"name": "search", **META}, {**MODERN, "mcp-name": "=?base64?c2VhcmNp?="}),
        ({"name": "search", **META}, {**MODERN, "mcp-param-city": "Berlin"}),
        ({"name": "search", "arguments": {"city": "Paris"}, **META},
         {**MODERN, "mcp-param-city": "Berlin"}),
        ({**META}, MODERN),
    ],
)  # fmt: skip
def test_headers_that_say_something_else_are_refused(
    params: dict[str, Any], headers: dict[str, str]
) -> None:
    with pytest.raises(MessageError) as caught:
        _agree(params, headers)
    assert caught.value.code == HEADER_MISMATCH == -32020


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        ("=?base64?eA==?=", "x"),
        ("=?BASE64?eA==?=", "=?BASE64?eA==?="),
        ("=?base64?eB==?=", None),
        ("=?base64?e?=", None),
        ("=?base64?/w==?=", None),
    ],
)
def test_values_are_decoded_in_one_way(value: str, text: str | None) -> None:
    assert decoded(value) == text


@pytest.mark.parametrize("cut", [1, 2, 3, 1000])
def test_events_are_put_together_from_any_pieces(cut: int) -> None:
    stream = (
        b"\xef\xbb\xbf: hello\r\n\r\nevent: message\r\nid: 7\r\ndata: {\r\ndata:  }\r\n\r\n"
        b"id: 8\rdata:\r\rdata: x\nretry: 5\n\nunknown: y\n\ndata: never ended"
    )
    events = Events()
    found = [one for at in range(0, len(stream), cut) for one in events.take(stream[at : at + cut])]
    assert found == [Event(b"{\n }", b"7"), Event(b"", b"8"), Event(b"x")]


def test_an_event_is_written_on_lines_of_its_own() -> None:
    assert Event(b"", b"7").encoded(b"{}\n") == b"id: 7\nevent: message\ndata: {}\n\n"


def test_chunks_become_their_content() -> None:
    assert _unchunked(b"3\r\nabc\r\n1\r\n\n\r\n0\r\n\r\n") == b"abc\n"


def test_sessions_are_told_apart_and_few() -> None:
    sessions = Sessions()
    first = sessions.flight("a")
    assert sessions.flight("a") is first
    assert sessions.flight("b") is not first
    assert sessions.flight("") is not sessions.flight("")
    for number in range(MAX_SESSIONS):
        sessions.flight(str(number))
    assert sessions.flight("a") is not first


def test_places_of_servers() -> None:
    assert read_place("http://127.0.0.1:8000/x") == Place("127.0.0.1", 8000, "/x")
    assert read_place("https://a.example") == Place("a.example", 443, "/mcp", tls=True)
    assert read_place("unix:/run/s").socket == "/run/s"


@pytest.mark.parametrize(
    "text", ["http://a.example/mcp", "http://10.0.0.1/", "ftp://x", "x", "https://u:p@a.example/",
             "https://a.example/?x", "http://127.0.0.1:99999/", "http://127.0.0.1.evil.example/"]
)  # fmt: skip
def test_a_server_that_would_be_spoken_to_in_clear_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        read_place(text)


@pytest.mark.parametrize("text", ["127.0.0.1:0", "[::1]:80", "localhost:65535"])
def test_places_to_listen_at(text: str) -> None:
    assert read_listening(text, tls=False).host


@pytest.mark.parametrize(
    "text", ["0.0.0.0:80", "10.0.0.1:80", "a.example:80", "[::]:80", ":80", "80", "127.0.0.1:",
             "127.0.0.1:65536", "127.0.0.1:-1"]
)  # fmt: skip
def test_a_place_that_others_could_listen_in_on_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        read_listening(text, tls=False)


def test_with_a_certificate_any_address_will_do() -> None:
    assert read_listening("0.0.0.0:443", tls=True).port == 443
