"""TLS hellos and SOCKS requests, real ones and hostile ones."""

from __future__ import annotations

import ssl
import struct

import pytest

from wilkc.runtime.egress import socks
from wilkc.runtime.egress.failures import HelloError, MalformedError
from wilkc.runtime.egress.hello import MAX_HELLO, hello_name, require_host


def _real(name: str | None, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> bytes:
    """What OpenSSL sends first."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.maximum_version = version
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname=name).do_handshake()
    return outgoing.read()


def _extension(kind: int, data: bytes) -> bytes:
    return struct.pack("!HH", kind, len(data)) + data


def _server_name(name: bytes, kind: int = 0) -> bytes:
    entry = bytes([kind]) + struct.pack("!H", len(name)) + name
    return _extension(0, struct.pack("!H", len(entry)) + entry)


def _message(*extensions: bytes, body_end: bytes = b"") -> bytes:
    joined = b"".join(extensions)
    body = b"\x03\x03" + bytes(32) + b"\x00" + b"\x00\x02\x13\x01" + b"\x01\x00"
    body += struct.pack("!H", len(joined)) + joined + body_end
    return b"\x01" + len(body).to_bytes(3) + body


def _records(message: bytes, size: int = 16_384) -> bytes:
    pieces = [message[start : start + size] for start in range(0, len(message), size)]
    return b"".join(b"\x16\x03\x01" + struct.pack("!H", len(one)) + one for one in pieces)


NAMED = _server_name(b"a.example")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_real_hellos(version: ssl.TLSVersion) -> None:
    data = _real("Api.Example.com", version)
    assert hello_name(data) == "Api.Example.com"
    require_host("Api.Example.com", "api.example.com")
    for end in range(len(data)):
        assert hello_name(data[:end]) is None


def test_a_real_hello_without_a_name() -> None:
    with pytest.raises(HelloError) as raised:
        hello_name(_real(None))
    assert raised.value.detail == "sni_missing"


def test_a_hello_may_be_split_over_records() -> None:
    data = _records(_message(_server_name(b"a.example")), size=7)
    assert hello_name(data) == "a.example"
    assert hello_name(data[:-1]) is None
    # What follows the hello's last record is the tunnel's business.
    assert hello_name(data + b"\x17\x03\x03\x00\x01x") == "a.example"


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (b"GET / HTTP/1.1\r\n", "not_tls"),
        (b"SSH-2.0-x", "not_tls"),
        (b"\x80\x2e\x01\x03\x01", "not_tls"),
        (b"\x16\x02\x00\x00\x05hello", "not_tls"),
        (b"\x16\x03\x01\x00\x00", "not_tls"),
        (b"\x16\x03\x01\x40\x01", "not_tls"),
        (b"\x15\x03\x01\x00\x02\x02\x28", "not_tls"),
        (_records(b"\x02\x00\x00\x01x"), "not_tls"),
        (_records(_message()), "sni_missing"),
        (_records(_message(NAMED, _extension(0xFE0D, b"x"))), "encrypted_hello"),
        (_records(_message(NAMED, _extension(0xFFCE, b"x"))), "encrypted_hello"),
        (_records(_message(_server_name(b"a"), _server_name(b"b"))), "hello_malformed"),
        (_records(_message(_server_name(b"a.example", kind=1))), "hello_malformed"),
        (_records(_message(_server_name("\u00e4.example".encode()))), "hello_malformed"),
        (_records(_message(_extension(0, b"\x00\x03\x00\x00\x05"))), "hello_malformed"),
        (_records(_message(_extension(0, b""))), "hello_malformed"),
        (_records(_message(_extension(0, b"\x00\x08\0\0\x01a\0\0\x01b"))), "hello_malformed"),
        (_records(_message(_server_name(b"a.example"), body_end=b"x")), "hello_malformed"),
        (_records(_message(_server_name(b"a.example")) + b"\x01"), "hello_malformed"),
        (_records(b"\x01\x00\x00\x02\x03\x03"), "hello_malformed"),
        (_records(b"\x01\x00\xff\xff" + bytes(64)), "hello_too_large"),
        (_records(_message(_extension(21, bytes(MAX_HELLO)), NAMED)), "hello_too_large"),
        (b"\x16\x03\x01\x00\x01\x01" * (MAX_HELLO // 6 + 1), "hello_too_large"),
    ],
    ids=lambda value: value if isinstance(value, str) else "hello",
)  # fmt: skip
def test_hellos_that_end_the_tunnel(data: bytes, detail: str) -> None:
    with pytest.raises(HelloError) as raised:
        hello_name(data)
    assert raised.value.detail == detail


@pytest.mark.parametrize(
    "name",
    [
        "b.example",
        "a.example.b.example",
        "xa.example",
        "",
        "a.example\0",
        "a..example",
        "a_.example",
    ],
)
def test_another_name_ends_the_tunnel(name: str) -> None:
    with pytest.raises(HelloError):
        require_host(name, "a.example")


def _request(kind: int, address: bytes, port: int = 443, command: int = 1) -> bytes:
    return bytes([5, command, 0, kind]) + address + port.to_bytes(2)


def _named(name: bytes) -> bytes:
    return bytes([len(name)]) + name


@pytest.mark.parametrize(
    ("data", "host"),
    [
        (_request(3, _named(b"A.example.")), "a.example"),
        (_request(1, bytes([10, 0, 0, 1])), "10.0.0.1"),
        (_request(4, bytes(15) + b"\x01"), "::1"),
        (_request(4, bytes(10) + b"\xff\xff\x7f\x00\x00\x01"), "127.0.0.1"),
        (_request(3, _named(b"10.0.0.1")), "10.0.0.1"),
    ],
)
def test_socks_requests(data: bytes, host: str) -> None:
    for end in range(len(data)):
        assert socks.split_request(data[:end]) is None
    assert socks.split_request(data + b"rest") == ((1, host, 443), b"rest")


@pytest.mark.parametrize(
    "data",
    [
        b"\x04\x01\x00\x50\x01\x02\x03\x04",
        b"\x05\x01\x01\x03\x01a\x00\x50",
        b"\x05\x01\x00\x02\x01a\x00\x50",
        _request(3, _named(b"")),
        _request(3, _named(b"a.example\0.b.example")),
        _request(3, _named(b"a.example:80")),
        _request(3, _named(b"[::1]")),
        _request(3, _named(b"::1")),
        _request(3, _named(b"127.1")),
        _request(3, _named(b"a.example\n")),
        _request(3, _named("\uff41.example".encode())),
        _request(3, _named(b"a.example"), port=0),
    ],
)
def test_socks_requests_that_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        socks.split_request(data)


def test_socks_greetings() -> None:
    assert socks.split_greeting(b"") is None
    assert socks.split_greeting(b"\x05\x02\x00") is None
    assert socks.split_greeting(b"\x05\x02\x00\x02x") == (b"\x00\x02", b"x")
    for data in (b"\x04\x01", b"GET "):
        with pytest.raises(MalformedError):
            socks.split_greeting(data)
    assert not socks.connects(2)
    assert socks.connects(1)
