"""One plain request through the proxy, to hosts that answer early, late, oddly or not at all."""

from __future__ import annotations

import socket
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from wilkc.core.sandbox_plan import Quantity
from wilkc.runtime.egress.channel import Channel
from wilkc.runtime.egress.client import Client, GoneError
from wilkc.runtime.egress.connection import Connection
from wilkc.runtime.egress.crew import Crew
from wilkc.runtime.egress.failures import EgressError
from wilkc.runtime.egress.head import Head
from wilkc.runtime.egress.meter import Meter
from wilkc.runtime.egress.outside import Outside
from wilkc.runtime.egress.plain import Exchange
from wilkc.runtime.egress.refusals import own_refusal, status_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECONDS = 30.0
HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
SHOWN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
RESETS = struct.pack("ii", 1, 0)
"""To be closed by a reset, as by a host that leaves something unread."""


def _pair() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(listener.getsockname())
        far, _ = listener.accept()
    for end in (near, far):
        end.settimeout(SECONDS)
    return near, far


@dataclass
class Ends:
    """The proxy between a client and a host, all in this process."""

    limit: int = 10**9
    client: tuple[socket.socket, socket.socket] = field(default_factory=_pair)
    host: tuple[socket.socket, socket.socket] = field(default_factory=_pair)
    shim: tuple[socket.socket, socket.socket] = field(
        default_factory=lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    )

    def exchange(self, *, seconds: float = SECONDS, idle: float = SECONDS) -> Exchange:
        meter = Meter(Quantity(self.limit, self.limit, "bytes", "hard"))
        return Exchange(
            Client(self.client[1]), self.host[0], Channel(self.shim[0]), meter,
            time.monotonic() + seconds, idle,
        )  # fmt: skip

    def close(self) -> None:
        for end in (*self.client, *self.host, *self.shim):
            end.close()

    def host_resets(self, answer: bytes) -> None:
        """The host answers and closes by a reset, at once."""
        self.host[1].sendall(answer)
        self.host[1].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESETS)
        self.host[1].close()


@pytest.fixture
def ends() -> Iterator[Ends]:
    made = Ends()
    yield made
    made.close()


def _head(length: int | None = 0, *, expects: bool = False) -> Head:
    return Head("POST", "plain.example.com", 80, "/", (), length, expects)


def _beside(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def _without_end(end: socket.socket, data: bytes) -> None:
    """Send until the test is over and the other end closes."""
    with suppress(OSError):
        while True:
            end.sendall(data)


def _read_to_end(end: socket.socket, got: bytearray) -> None:
    while piece := end.recv(65_536):
        got += piece


def _say_and_end(end: socket.socket, data: bytes) -> None:
    end.sendall(data)
    end.shutdown(socket.SHUT_WR)


def _failure(exchange: Exchange, head: Head) -> tuple[str, int]:
    with pytest.raises(EgressError) as raised:
        exchange.run(head)
    failed = raised.value
    return failed.detail, status_of(own_refusal(failed.detail, failed.message)).value


@pytest.mark.parametrize("length", [3000, None])
def test_an_answer_before_the_body_arrives_although_the_host_has_gone(
    ends: Ends, length: int | None
) -> None:
    ends.client[0].sendall(b"5\r\nhello\r\n" if length is None else b"x" * 1000)
    ends.host_resets(HELLO)
    ends.exchange().run(_head(length, expects=True))
    assert ends.client[0].recv(4096).endswith(SHOWN)


class _Slow(socket.socket):
    """Between the look whether it can be written to and the writing, the host resets it."""

    def meanwhile(self, act: Callable[[], object]) -> None:
        self._act = act

    def send(self, data: bytes, flags: int = 0, /) -> int:  # type: ignore[override]
        self._act()
        return super().send(data, flags)


def test_a_host_that_goes_while_it_is_written_to_has_answered(ends: Ends) -> None:
    near = _Slow(fileno=ends.host[0].detach())
    near.meanwhile(lambda: ends.host_resets(HELLO))
    ends.host = (near, ends.host[1])
    ends.exchange().run(_head(3000))
    assert ends.client[0].recv(4096) == SHOWN


def test_a_body_that_nobody_reads_does_not_hold_back_the_answer(ends: Ends) -> None:
    """The host keeps the connection open, full as it is."""
    exchange = ends.exchange(idle=4)
    body = b"x" * 65_536

    def answer() -> None:
        while exchange.sent < len(body):
            time.sleep(0.01)
        ends.host[1].sendall(HELLO)

    ends.client[0].settimeout(SECONDS)
    sending = _beside(lambda: _without_end(ends.client[0], body))
    answering = _beside(answer)
    running = _beside(lambda: exchange.run(_head(10**12)))
    assert ends.client[0].recv(4096) == SHOWN
    for thread in (running, answering):
        thread.join(SECONDS)
        assert not thread.is_alive()
    ends.close()
    sending.join(SECONDS)
    assert not sending.is_alive()


def test_a_host_that_answers_first_gets_the_body_still(ends: Ends) -> None:
    exchange = ends.exchange()
    running = _beside(lambda: exchange.run(_head(10)))
    ends.client[0].sendall(b"01234")
    ends.host[1].sendall(HELLO)
    assert ends.client[0].recv(4096) == SHOWN
    ends.client[0].sendall(b"56789")
    data = b""
    while not data.endswith(b"0123456789"):
        piece = ends.host[1].recv(4096)
        assert piece
        data += piece
    running.join(SECONDS)
    assert not running.is_alive()
    assert (exchange.sent, exchange.received) == (len(data), len(SHOWN))


def test_a_whole_body_and_nothing_behind_it(ends: Ends) -> None:
    exchange = ends.exchange()
    ends.client[0].sendall(b"abcGET http://plain.example.com/second HTTP/1.1\r\n\r\n")
    heard: list[bytes] = []

    def serve() -> None:
        data = b""
        while not data.endswith(b"abc"):
            data += ends.host[1].recv(4096)
        ends.host[1].sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        ends.host[1].sendall(HELLO)
        heard.append(data)

    serving = _beside(serve)
    exchange.run(_head(3))
    serving.join(SECONDS)
    assert ends.client[0].recv(4096) == SHOWN
    assert heard[0].count(b"HTTP/1.1") == 1
    assert (exchange.sent, exchange.received) == (len(heard[0]), len(SHOWN))


def test_a_host_that_ends_without_an_answer(ends: Ends) -> None:
    ends.host_resets(b"HTTP/1.1 200 O")
    assert _failure(ends.exchange(), _head(5)) == ("answer_malformed", 502)


def test_interim_answers_without_end(ends: Ends) -> None:
    exchange = ends.exchange()
    interim = b"HTTP/1.1 102 Processing\r\n\r\n" * 100
    flooding = _beside(lambda: _without_end(ends.host[1], interim))
    assert _failure(exchange, _head()) == ("answer_malformed", 502)
    ends.close()
    flooding.join(SECONDS)
    assert not flooding.is_alive()


def test_silence_is_told_and_not_left_to_the_client(ends: Ends) -> None:
    assert _failure(ends.exchange(idle=0.05), _head()) == ("answer_late", 504)
    assert _failure(ends.exchange(idle=0.05), _head(5)) == ("body_late", 400)
    # The time of the rule holds before the answer too.
    assert _failure(ends.exchange(seconds=0.05), _head()) == ("time_over", 504)


def test_the_shim_ends_what_has_no_answer_yet(ends: Ends) -> None:
    exchange = ends.exchange()
    Channel(ends.shim[1]).send(stop=True)
    assert _failure(exchange, _head()) == ("told", 403)


def test_the_limit_holds_for_requests_and_answers(ends: Ends) -> None:
    ends.limit = 50
    assert _failure(ends.exchange(), _head()) == ("network_limit_exceeded", 429)
    ends.limit = len(_head().onward()) + 10
    ends.host[1].sendall(HELLO)
    assert _failure(ends.exchange(), _head()) == ("network_limit_exceeded", 429)
    ends.client[0].setblocking(False)
    with pytest.raises(BlockingIOError):
        ends.client[0].recv(1)


def test_a_client_that_goes_ends_it(ends: Ends) -> None:
    exchange = ends.exchange()
    ends.client[0].close()
    with pytest.raises(GoneError):
        exchange.run(_head(5))


def test_an_answer_beside_a_body_without_end_keeps_the_rate(ends: Ends) -> None:
    size, rate = 120_000, 200_000
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    exchange = ends.exchange()
    exchange.meter = Meter(Quantity(rate, rate, "bytes_per_second", "hard"))
    got = bytearray()
    reading = _beside(lambda: _read_to_end(ends.client[0], got))
    answering = _beside(lambda: _say_and_end(ends.host[1], head + b"x" * size))
    started = time.monotonic()
    exchange.run(_head(10))
    assert time.monotonic() - started >= size / rate - 0.1
    ends.client[1].close()
    for thread in (reading, answering):
        thread.join(SECONDS)
    assert got.endswith(b"x" * size)


@pytest.mark.parametrize(("limit", "over"), [(10, 1), (150, 1), (10_000, 0)])
def test_a_limit_that_ends_a_plain_request_is_counted(ends: Ends, limit: int, over: int) -> None:
    meter = Meter(Quantity(limit, limit, "bytes", "hard"))
    outside = Outside(dial=lambda *_: ends.host[0])
    ends.client[0].sendall(
        b"GET http://plain.example.com/ HTTP/1.1\r\nHost: plain.example.com\r\n\r\n"
    )
    shim = Channel(ends.shim[1])
    shim.send(dial=["192.0.2.1"], protocol="http", seconds=None)
    ends.host[1].sendall(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100)
    ends.host[1].shutdown(socket.SHUT_WR)
    client, channel = Client(ends.client[1]), Channel(ends.shim[0])
    Connection(client, "http", channel, meter, outside, Crew("test")).run()
    assert meter.read().over == over


def test_a_limit_that_ends_an_answer_beside_its_body_is_counted(ends: Ends) -> None:
    meter = Meter(Quantity(400, 400, "bytes", "hard"))
    outside = Outside(dial=lambda *_: ends.host[0])
    lines = ("POST http://plain.example.com/ HTTP/1.1", "Host: plain.example.com")
    head = "\r\n".join([*lines, "Content-Length: 9", "", ""])
    ends.client[0].sendall(head.encode())
    Channel(ends.shim[1]).send(dial=["192.0.2.1"], protocol="http", seconds=None)
    client, channel = Client(ends.client[1]), Channel(ends.shim[0])
    connection = Connection(client, "http", channel, meter, outside, Crew("test"))
    running = _beside(connection.run)
    ends.host[1].sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    assert ends.client[0].recv(4096).startswith(b"HTTP/1.1 200")
    ends.host[1].sendall(b"x" * 500)
    running.join(SECONDS)
    assert meter.read().over == 1
