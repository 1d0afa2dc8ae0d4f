"""Heads of proxy requests: one meaning or none."""

from __future__ import annotations

import pytest

from wilkc.runtime.egress.answer import AnswerReader
from wilkc.runtime.egress.chunks import Chunks
from wilkc.runtime.egress.failures import MalformedError, UnreachableError
from wilkc.runtime.egress.head import MAX_HEAD, Head, parse_head, split_head

PLAIN = "GET http://a.example/x?y=1 HTTP/1.1"


def _head(*lines: str) -> Head:
    return parse_head("\r\n".join(lines).encode("latin-1"))


@pytest.mark.parametrize(
    ("lines", "host", "port"),
    [
        (("CONNECT a.example:443 HTTP/1.1", "Host: a.example:443"), "a.example", 443),
        (("CONNECT A.Example.:443 HTTP/1.1", "host: a.example"), "a.example", 443),
        (("CONNECT [2001:DB8::1]:8443 HTTP/1.1", "Host: [2001:db8::1]:8443"), "2001:db8::1", 8443),
        (("CONNECT [::ffff:1.2.3.4]:443 HTTP/1.1", "Host: 1.2.3.4:443"), "1.2.3.4", 443),
        (("CONNECT a.example:443 HTTP/1.0",), "a.example", 443),
        ((PLAIN, "Host: a.example"), "a.example", 80),
        (("GET HTTP://a.example:8080 HTTP/1.1", "Host: a.example:8080"), "a.example", 8080),
        (("GET http://a.example:80/ HTTP/1.1", "Host: a.example"), "a.example", 80),
    ],
)
def test_what_is_understood(lines: tuple[str, ...], host: str, port: int) -> None:
    head = _head(*lines)
    assert (head.host, head.port) == (host, port)
    assert head.tunnel == lines[0].startswith("CONNECT")


@pytest.mark.parametrize(
    "lines",
    [
        ("CONNECT a.example HTTP/1.1", "Host: a.example"),
        ("CONNECT a.example:443 HTTP/1.1",),
        ("CONNECT a.example:443 HTTP/1.1", "Host: a.example", "Host: a.example"),
        ("CONNECT a.example:443 HTTP/1.0", "Host: b.example"),
        ("CONNECT a.example:443 HTTP/1.1", "Host: b.example:443"),
        ("CONNECT a.example:443 HTTP/1.1", "Host: a.example:444"),
        ("CONNECT a.example:443 HTTP/1.1", "Host: a.example", "Content-Length: 1"),
        ("CONNECT a.example:443 HTTP/1.1", "Host: a.example", "Transfer-Encoding: chunked"),
        ("CONNECT u@a.example:443 HTTP/1.1", "Host: a.example"),
        ("CONNECT a.example:0 HTTP/1.1", "Host: a.example"),
        ("CONNECT a.example:65536 HTTP/1.1", "Host: a.example"),
        ("CONNECT a.example:0443 HTTP/1.1", "Host: a.example"),
        ("CONNECT http://a.example:443 HTTP/1.1", "Host: a.example"),
        ("CONNECT 127.1:443 HTTP/1.1", "Host: 127.1"),
        ("CONNECT 0x7f000001:443 HTTP/1.1", "Host: 0x7f000001"),
        ("CONNECT 2130706433:443 HTTP/1.1", "Host: 2130706433"),
        ("CONNECT 0177.0.0.1:443 HTTP/1.1", "Host: 0177.0.0.1"),
        ("CONNECT [fe80::1%25eth0]:443 HTTP/1.1", "Host: a.example"),
        ("CONNECT a_b.example:443 HTTP/1.1", "Host: a_b.example"),
        (PLAIN,),
        (PLAIN, "Host: b.example"),
        (PLAIN, "Host: a.example:8080"),
        (PLAIN, "Host: a.example", "host: a.example"),
        (PLAIN, "Host : a.example"),
        (PLAIN, "Host: a.example", " folded"),
        (PLAIN, "Host: a.example", "\tfolded"),
        (PLAIN, "Host: a.example", "X: a\nY: b"),
        (PLAIN, "Host: a.example", "X: a\rY: b"),
        (PLAIN, "Host: a.example", "X: \0"),
        (PLAIN, "Host: a.example", "X\x0b: y"),
        (PLAIN, "Host: a.example", ": y"),
        (PLAIN, "Host: a.example", "no colon"),
        (PLAIN, "Host: a.example", "Content-Length: 1", "Transfer-Encoding: chunked"),
        (PLAIN, "Host: a.example", "Content-Length: 1", "Content-Length: 1"),
        (PLAIN, "Host: a.example", "Content-Length: 1, 1"),
        (PLAIN, "Host: a.example", "Content-Length: +1"),
        (PLAIN, "Host: a.example", "Content-Length: 0x1"),
        (PLAIN, "Host: a.example", "Content-Length: -1"),
        (PLAIN, "Host: a.example", "Content-Length: 1 1"),
        (PLAIN, "Host: a.example", "Content-Length:"),
        (PLAIN, "Host: a.example", "Transfer-Encoding: gzip, chunked"),
        (PLAIN, "Host: a.example", "Transfer-Encoding: xchunked"),
        (PLAIN, "Host: a.example", "Transfer-Encoding:\x0bchunked"),
        (PLAIN, "Host: a.example", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
        (PLAIN, "Host: a.example", "Expect: something"),
        (PLAIN, "Host: a.example", *["X: y"] * 100),
        ("GET http://a.example/ HTTP/1.0", "Host: a.example"),
        ("GET http://a.example/ HTTP/2.0", "Host: a.example"),
        ("GET  http://a.example/ HTTP/1.1", "Host: a.example"),
        ("GET http://a.example/ HTTP/1.1 ", "Host: a.example"),
        ("GET\thttp://a.example/ HTTP/1.1", "Host: a.example"),
        ("GET http://a.example/ http/1.1", "Host: a.example"),
        ("G(T http://a.example/ HTTP/1.1", "Host: a.example"),
        ("GET https://a.example/ HTTP/1.1", "Host: a.example"),
        ("GET /x HTTP/1.1", "Host: a.example"),
        ("GET * HTTP/1.1", "Host: a.example"),
        ("GET http://u:p@a.example/ HTTP/1.1", "Host: a.example"),
        ("GET http://a.example/#x HTTP/1.1", "Host: a.example"),
        ("GET http://a.example\\@b.example/ HTTP/1.1", "Host: a.example"),
        ("GET http://a.example/\\..\\x HTTP/1.1", "Host: a.example"),
        ("GET http:///x HTTP/1.1", "Host: a.example"),
        ("GET http://a.example:/ HTTP/1.1", "Host: a.example"),
        ("", "Host: a.example"),
    ],
)  # fmt: skip
def test_what_is_refused(lines: tuple[str, ...]) -> None:
    with pytest.raises(MalformedError):
        _head(*lines)


def test_what_the_host_gets() -> None:
    head = _head(
        "POST http://a.example:8080/p?q HTTP/1.1",
        "Host: a.example:8080",
        "Connection: close, X-Mine",
        "X-Mine: 1",
        "Proxy-Authorization: Basic eA==",
        "Proxy-Connection: Keep-Alive",
        "Upgrade: h2c",
        "TE: trailers",
        "Keep-Alive: 1",
        "Via: 1.0 other",
        "Accept: */*",
        "Content-Length: 3",
    )
    assert head.onward().decode().split("\r\n") == [
        "POST /p?q HTTP/1.1",
        "Host: a.example:8080",
        "accept: */*",
        "Content-Length: 3",
        "Via: 1.1 wilk",
        "Connection: close",
        "",
        "",
    ]
    chunked = _head(PLAIN, "Host: a.example", "Transfer-Encoding: Chunked")
    assert (chunked.length, b"Transfer-Encoding: chunked\r\n" in chunked.onward()) == (None, True)
    assert b"Host: [2001:db8::1]\r\n" in Head("GET", "2001:db8::1", 80, "/").onward()


def test_a_query_without_a_path_has_the_path_of_the_root() -> None:
    head = _head("GET http://a.example?x HTTP/1.1", "Host: a.example")
    assert head.path == "/?x"


def test_a_head_is_bounded() -> None:
    assert split_head(b"GET") is None
    assert split_head(b"a\r\n\r\nrest") == (b"a", b"rest")
    assert split_head(b"x" * (MAX_HEAD - 1)) is None
    with pytest.raises(MalformedError):
        split_head(b"x" * MAX_HEAD)
    with pytest.raises(MalformedError):
        split_head(b"x" * MAX_HEAD + b"\r\n\r\n")
    # Bare line feeds end nothing.
    assert split_head(b"GET\n\n") is None


BODY = b"3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
def test_chunks_are_passed_on_as_they_are_understood(size: int) -> None:
    chunks, out = Chunks(), b""
    for start in range(0, len(BODY), size):
        assert not chunks.done
        out += chunks.take(BODY[start : start + size])
    assert (chunks.done, out) == (True, BODY)


def test_what_follows_the_chunks_is_never_passed_on() -> None:
    chunks = Chunks()
    assert chunks.take(BODY + b"GET http://evil.example/ HTTP/1.1\r\n\r\n") == BODY
    assert chunks.done


@pytest.mark.parametrize(
    "data",
    [
        b"3\nabc\r\n0\r\n\r\n",
        b"3;x=y\r\nabc\r\n0\r\n\r\n",
        b"3 \r\nabc\r\n0\r\n\r\n",
        b" 3\r\nabc\r\n0\r\n\r\n",
        b"0x3\r\nabc\r\n0\r\n\r\n",
        b"+3\r\nabc\r\n0\r\n\r\n",
        b"-1\r\n",
        b"\r\nabc",
        b"g\r\n",
        b"3\r\nabcd\r\n0\r\n\r\n",
        b"3\r\nabc0\r\n0\r\n\r\n",
        b"0\r\nTrailer: x\r\n\r\n",
        b"FFFFFFFFF\r\n",
        b"00000000000",
    ],
)
def test_odd_chunks_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        Chunks().take(data)


def test_the_answer_keeps_what_is_not_about_the_connection() -> None:
    data = (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nConnection: keep-alive\r\n"
        b"Keep-Alive: x\r\nContent-Length: 2\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\nhi"
    )
    assert AnswerReader().take(data[:-20]) is None
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n"
        b"Connection: close\r\n\r\n"
    )
    assert AnswerReader().take(data) == (head, b"hi")


@pytest.mark.parametrize(
    "data",
    [b"SSH-2.0\r\n\r\n", b"HTTP/2 200\r\n\r\n", b"HTTP/1.1 200 OK\r\n fold\r\n\r\n", b"x" * 20_000],
)
def test_what_is_no_answer(data: bytes) -> None:
    with pytest.raises(UnreachableError):
        AnswerReader().take(data)
