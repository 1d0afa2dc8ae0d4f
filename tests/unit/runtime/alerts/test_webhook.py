"""Webhooks to a real HTTPS server, and every receiver that must not get one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import ssl
import threading
import time
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.alerts.authority import NAME, Authority, Receiver
from tests.unit.runtime.alerts.hooked import AT_US, hook, refused, secret
from wilkc.runtime.alerts import Engine, Message
from wilkc.runtime.alerts.channel.webhook import SECONDS, signature_headers, target_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.runtime.alerts.conftest import Happening


@pytest.fixture
def message(happens: Happening) -> Message:
    """An alert about an agent whose name is an attempt to be more than a name."""
    seen = happens("file.delete", risk="high", agent="a\r\nx-evil: 1")
    return Message(Engine().take(seen)[0], "example.org/log")


def test_it_arrives_signed_and_says_what_is_needed(
    tmp_path: Path, receiver: Receiver, message: Message
) -> None:
    hook(tmp_path, receiver.port).send(message, at_us=AT_US)
    ((head, body),) = receiver.got
    assert head[":first"] == "POST /hook?x=1 HTTP/1.1"
    assert head["host"] == f"{NAME}:{receiver.port}"
    assert (head["webhook-id"], head["webhook-timestamp"]) == (message.alert.id, "1800000000")
    signed = f"{message.alert.id}.1800000000.".encode() + body
    made = hmac.new(bytes(range(32)), signed, hashlib.sha256).digest()
    assert head["webhook-signature"] == f"v1,{base64.b64encode(made).decode()}"
    data = json.loads(body)["data"]
    assert (data["rule"], data["severity"], data["seqs"], data["count"]) == ("A3", "high", [1], 1)
    assert data["agent"] == "a··x-evil: 1"
    assert data["acknowledge"] == f"wilkc audit ack {message.alert.id}"
    assert "x-evil" not in head


def test_the_example_of_the_standard() -> None:
    """https://github.com/standard-webhooks/standard-webhooks, `spec/standard-webhooks.md`."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    headers = signature_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, [key])
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_while_the_secret_changes_there_are_two_signatures(
    tmp_path: Path, receiver: Receiver, message: Message
) -> None:
    other = base64.b64encode(bytes(24)).decode()
    names = (secret(tmp_path, "new", f"whsec_{other}"), secret(tmp_path))
    hook(tmp_path, receiver.port, secret_files=names).send(message, at_us=AT_US)
    head, body = receiver.got[0]
    signed = f"{message.id}.1800000000.".encode() + body
    wanted = [
        "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        for key in (bytes(24), bytes(range(32)))
    ]
    assert head["webhook-signature"].split() == wanted


def test_another_attempt_has_the_same_id_and_its_own_time(
    tmp_path: Path, receiver: Receiver, message: Message
) -> None:
    channel = hook(tmp_path, receiver.port)
    channel.send(message, at_us=AT_US)
    channel.send(message, at_us=AT_US + 5_000_000)
    channel.send(replace(message, final=True), at_us=AT_US)
    first, second, total = (head for head, _ in receiver.got)
    assert first["webhook-id"] == second["webhook-id"]
    assert first["webhook-signature"] != second["webhook-signature"]
    assert total["webhook-id"] == f"{first['webhook-id']}-total"


@pytest.mark.parametrize(
    "url",
    [
        "http://receiver.example/",
        "https://user@receiver.example/",
        "https://receiver.example/#x",
        "https:///x",
        "https://receiver.example:99999/",
        "https://receiver.example/a b",
        "https://receiver.example/\r\nx-evil: 1",
        "ftp://receiver.example/",
        "receiver.example",
    ],
)
def test_an_address_that_is_not_plain_https(url: str, tmp_path: Path, message: Message) -> None:
    assert refused(hook(tmp_path, 1, url=url), message) == "url_refused"


def test_addresses_of_ipv6_and_without_a_port() -> None:
    assert target_of("https://[2001:db8::1]/x").host_header == "[2001:db8::1]"
    assert target_of("https://a.example").path == "/"


def test_a_server_without_tls_gets_nothing(
    tmp_path: Path, authority: Authority, message: Message
) -> None:
    del authority
    with Receiver(None) as plain:
        assert refused(hook(tmp_path, plain.port), message) == "tls_failed"
    assert len(plain.got) == 1
    assert message.id.encode() not in plain.got[0][1]


@pytest.mark.parametrize(
    ("kind", "members"),
    [
        ("another name", {"name": "other.example"}),
        ("expired", {"ends": -timedelta(days=1)}),
        ("self-signed", {"self_signed": True}),
    ],
)
def test_a_certificate_that_does_not_vouch(
    kind: str, members: dict[str, Any], tmp_path: Path, authority: Authority, message: Message
) -> None:
    del kind
    with Receiver(authority.context(**members)) as receiver:
        assert refused(hook(tmp_path, receiver.port), message) == "certificate_refused"
        assert receiver.got == []


def test_a_certificate_of_another_authority(
    tmp_path: Path, authority: Authority, message: Message
) -> None:
    del authority
    other = Authority(tmp_path, "other")
    with Receiver(other.context()) as receiver:
        assert refused(hook(tmp_path, receiver.port), message) == "certificate_refused"
        assert receiver.got == []


def test_the_systems_authorities_do_not_vouch_for_a_test(
    tmp_path: Path, receiver: Receiver, message: Message
) -> None:
    channel = hook(tmp_path, receiver.port, ca_file="")
    assert refused(channel, message) == "certificate_refused"


def test_a_server_that_has_no_tls_1_3(
    tmp_path: Path, authority: Authority, message: Message
) -> None:
    with Receiver(authority.context(highest=ssl.TLSVersion.TLSv1_2)) as receiver:
        assert refused(hook(tmp_path, receiver.port), message) == "tls_failed"
        assert receiver.got == []


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_not_followed(
    status: str, tmp_path: Path, receiver: Receiver, authority: Authority, message: Message
) -> None:
    with Receiver(authority.context()) as other:
        where = f"https://{NAME}:{other.port}/"
        receiver.answer = f"HTTP/1.1 {status}\r\nlocation: {where}\r\n\r\n".encode()
        assert refused(hook(tmp_path, receiver.port), message) == "status_refused"
        assert other.connections == 0


@pytest.mark.parametrize("status", ["400 Bad", "410 Gone", "500 Broken", "199 Odd"])
def test_a_status_that_is_not_good(
    status: str, tmp_path: Path, receiver: Receiver, message: Message
) -> None:
    receiver.answer = f"HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n".encode()
    assert refused(hook(tmp_path, receiver.port), message) == "status_refused"


def _endless(made: socket.socket, piece: bytes, pause: float) -> None:
    made.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(10_000):
        made.sendall(piece)
        time.sleep(pause)


def test_a_huge_answer_is_not_read_to_its_end(
    tmp_path: Path, receiver: Receiver, message: Message
) -> None:
    receiver.talk = lambda made: _endless(made, b"x" * 4096, 0)
    assert refused(hook(tmp_path, receiver.port), message) == "answer_too_large"


def test_an_answer_of_64_kib_is_none_too_many(
    tmp_path: Path, receiver: Receiver, message: Message
) -> None:
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    receiver.answer = head + b"x" * (65_536 - len(head))
    hook(tmp_path, receiver.port).send(message, at_us=AT_US)


def test_a_receiver_that_drips_is_left_when_the_time_is_up(
    tmp_path: Path, receiver: Receiver, message: Message
) -> None:
    """Each piece comes in time, so that only a deadline for all of them ends it."""
    receiver.talk = lambda made: _endless(made, b"x", 0.05)
    channel = replace(hook(tmp_path, receiver.port), seconds=1.0)
    started = time.monotonic()
    assert refused(channel, message) == "timed_out"
    assert time.monotonic() - started < 20


def test_a_receiver_that_never_answers_is_left_when_the_time_is_up(
    tmp_path: Path, receiver: Receiver, message: Message
) -> None:
    release = threading.Event()

    def wait(made: socket.socket) -> None:
        del made
        release.wait(30)

    receiver.talk = wait
    channel = replace(hook(tmp_path, receiver.port), seconds=0.5)
    assert refused(channel, message) == "timed_out"
    release.set()
    assert SECONDS == 5.0


def test_a_server_that_does_not_begin_tls_is_left_when_the_time_is_up(
    tmp_path: Path, message: Message, authority: Authority
) -> None:
    del authority
    with socket.create_server(("127.0.0.1", 0)) as silent:
        channel = replace(hook(tmp_path, silent.getsockname()[1]), seconds=0.5)
        assert refused(channel, message) == "timed_out"


def test_an_answer_that_is_no_http(tmp_path: Path, receiver: Receiver, message: Message) -> None:
    receiver.answer = b"\x00\x01\x02\r\n\r\n"
    assert refused(hook(tmp_path, receiver.port), message) == "connection_failed"


def test_nobody_there(tmp_path: Path, message: Message, authority: Authority) -> None:
    del authority
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert refused(hook(tmp_path, port), message) == "host_unreachable"
