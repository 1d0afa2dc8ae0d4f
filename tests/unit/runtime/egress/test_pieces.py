"""Hostile ends that give single bytes, stop in the middle, or do not read: work and words."""

from __future__ import annotations

import fcntl
import random
import socket
import struct
import termios
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.unit.runtime.egress.test_plain import (
    HELLO,
    SECONDS,
    SHOWN,
    Ends,
    _beside,
    _head,
    _read_to_end,
    _say_and_end,
)
from wilkc.core.sandbox_plan import Quantity
from wilkc.runtime.egress import client as client_module
from wilkc.runtime.egress.answer import MAX_UNANSWERED, AnswerReader
from wilkc.runtime.egress.channel import Channel
from wilkc.runtime.egress.chunks import Chunks
from wilkc.runtime.egress.client import Client
from wilkc.runtime.egress.connection import Connection
from wilkc.runtime.egress.crew import Crew
from wilkc.runtime.egress.failures import UnreachableError
from wilkc.runtime.egress.meter import Meter
from wilkc.runtime.egress.outside import Outside
from wilkc.runtime.egress.relay import relay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FACTOR = 8
MOST = 3 * FACTOR
"""Eight times the bytes may take so many times the work; with the square it were 64 times."""


@pytest.fixture
def ends() -> Iterator[Ends]:
    made = Ends()
    yield made
    made.close()


def _effort(work: Callable[[], object]) -> float:
    """Processor time of this thread, at the least of several tries."""
    spent = []
    for _ in range(5):
        before = time.thread_time()
        work()
        spent.append(time.thread_time() - before)
    return min(spent)


def _grows(work: Callable[[int], object], size: int) -> float:
    return _effort(lambda: work(FACTOR * size)) / _effort(lambda: work(size))


def test_chunks_of_one_byte_cost_what_their_bytes_cost() -> None:
    def work(count: int) -> None:
        data = b"1\r\nx\r\n" * count
        assert Chunks().take(data) == data

    assert _grows(work, 3_000) < MOST


def test_chunks_that_come_byte_by_byte_cost_what_their_bytes_cost() -> None:
    def work(count: int) -> None:
        chunks = Chunks()
        for byte in b"1\r\nx\r\n" * count:
            chunks.take(bytes([byte]))

    assert _grows(work, 500) < MOST


def test_a_long_chunk_that_comes_byte_by_byte_is_passed_on_as_it_comes() -> None:
    chunks = Chunks()
    assert chunks.take(b"5\r\n") == b"5\r\n"
    assert [chunks.take(bytes([one])) for one in b"hello"] == [bytes([one]) for one in b"hello"]


def test_an_answer_that_comes_byte_by_byte_costs_what_its_bytes_cost() -> None:
    def work(count: int) -> None:
        reader = AnswerReader()
        for byte in (b"HTTP/1.1 102 Processing\r\n\r\n" * count)[: MAX_UNANSWERED - 1]:
            assert reader.take(bytes([byte])) is None

    assert _grows(work, 250) < MOST


@pytest.mark.parametrize("seed", range(5))
def test_an_answer_means_the_same_however_it_is_cut(seed: int) -> None:
    chance = random.Random(seed)
    whole = b"HTTP/1.1 103 Hints\r\nA: b\r\n\r\n" * 3 + HELLO
    for _ in range(200):
        reader, found, place = AnswerReader(), None, 0
        while found is None:
            step = chance.randint(1, 40)
            found = reader.take(whole[place : place + step])
            place += step
        head, rest = found
        assert head + rest + whole[place:] == SHOWN


def test_interim_answers_are_counted_together() -> None:
    reader, interim = AnswerReader(), b"HTTP/1.1 102 Processing\r\n\r\n"
    for _ in range(MAX_UNANSWERED // len(interim)):
        assert reader.take(interim) is None
    with pytest.raises(UnreachableError):
        reader.take(interim)


def _connection(ends: Ends, request: str) -> Connection:
    """A connection whose shim has granted it already."""
    meter = Meter(Quantity(10**9, 10**9, "bytes", "hard"))
    outside = Outside(dial=lambda *_: ends.host[0])
    ends.client[0].sendall(request.encode())
    protocol = "tcp" if request.startswith("CONNECT") else "http"
    Channel(ends.shim[1]).send(dial=["192.0.2.1"], protocol=protocol, seconds=None)
    return Connection(
        Client(ends.client[1]), "http", Channel(ends.shim[0]), meter, outside, Crew("test")
    )


def _post(length: int) -> str:
    lines = ("POST http://plain.example.com/ HTTP/1.1", "Host: plain.example.com")
    return "\r\n".join([*lines, f"Content-Length: {length}", "", ""])


def test_a_client_that_says_no_more_gets_the_end_of_its_answer(ends: Ends) -> None:
    running = _beside(_connection(ends, _post(9) + "abc").run)
    ends.host[1].sendall(b"HTTP/1.1 200 OK\r\n\r\nbegin-")
    got = bytearray()
    while not got.endswith(b"begin-"):
        got += ends.client[0].recv(4096)
    # It has seen that its body is not wanted.
    ends.client[0].shutdown(socket.SHUT_WR)
    time.sleep(0.1)
    _say_and_end(ends.host[1], b"end")
    _read_to_end(ends.client[0], got)
    assert got.endswith(b"begin-end")
    running.join(SECONDS)
    assert not running.is_alive()


def test_a_body_that_was_said_to_its_end_arrives_although_the_host_is_slow(ends: Ends) -> None:
    size = 8 * 2**20
    head = _post(size)
    running = _beside(_connection(ends, head).run)
    ends.host[1].sendall(b"HTTP/1.1 200 OK\r\n\r\nbegin-")
    got = bytearray()
    while not got.endswith(b"begin-"):
        got += ends.client[0].recv(4096)
    sending = _beside(lambda: _say_and_end(ends.client[0], b"x" * size))
    time.sleep(0.5)
    heard = 0
    while heard < size:
        piece = ends.host[1].recv(65_536)
        assert piece, heard
        heard += piece.count(b"x"[0])
    _say_and_end(ends.host[1], b"end")
    _read_to_end(ends.client[0], got)
    assert got.endswith(b"begin-end")
    for thread in (sending, running):
        thread.join(SECONDS)
        assert not thread.is_alive()


def test_the_shim_ends_what_a_client_does_not_read(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "_WRITE_SECONDS", 2 * SECONDS)
    # Much less than the host floods fits into what the kernel keeps for a client.
    ends.client[0].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    exchange = ends.exchange(seconds=10**6, idle=10**6)
    ended: list[UnreachableError] = []

    def run() -> None:
        with pytest.raises(UnreachableError) as raised:
            exchange.run(_head(5))
        ended.append(raised.value)

    running = _beside(run)
    flood = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 2**26
    flooding = _beside(lambda: _flood(ends.host[1], flood))
    before = -1
    while before != exchange.received or not before:
        before = exchange.received
        time.sleep(0.2)
    # Nothing moves any more: the client's end is full.
    Channel(ends.shim[1]).send(stop=True)
    running.join(SECONDS)
    assert [one.detail for one in ended] == ["told"]
    ends.close()
    flooding.join(SECONDS)


def _flood(end: socket.socket, data: bytes) -> None:
    try:
        end.sendall(data)
    except OSError:
        return


@pytest.mark.parametrize("size", [10, 300_000])
def test_a_host_that_resets_after_its_last_words_was_heard(ends: Ends, size: int) -> None:
    """The client still sends, so whatever the proxy sends on is answered by a reset."""
    meter = Meter(Quantity(10**9, 10**9, "bytes", "hard"))
    words = b"w" * size
    ends.client[0].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    answering = _beside(lambda: _answer_and_reset(ends, words))
    got = bytearray()
    reading = _beside(lambda: _read_until_end(ends.client[0], got))
    ends.client[0].sendall(b"question")
    deadline = time.monotonic() + SECONDS
    carried = relay(ends.client[1], ends.host[0], Channel(ends.shim[0]), meter, deadline)
    for thread in (answering, reading):
        thread.join(SECONDS)
        assert not thread.is_alive()
    assert carried.end == "reset"
    assert bytes(got) == words


def _answer_and_reset(ends: Ends, words: bytes) -> None:
    host = ends.host[1]
    host.recv(4096)
    host.sendall(words)
    # What its own kernel has not handed over yet would be thrown away by the reset, see tcp(7).
    while _unacknowledged(host):
        time.sleep(0.01)
    # Closed while something is unread: what comes later is answered by a reset.
    ends.client[0].sendall(b"more")
    host.recv(1)
    host.close()
    ends.client[0].sendall(b"and more")
    time.sleep(0.1)
    try:
        ends.client[0].sendall(b"and more")
    except OSError:
        return


def _unacknowledged(end: socket.socket) -> int:
    """Bytes of the send queue of a connection: SIOCOUTQ, which is TIOCOUTQ by number."""
    (count,) = struct.unpack("i", fcntl.ioctl(end, termios.TIOCOUTQ, bytes(4)))
    return int(count)


def _read_until_end(end: socket.socket, got: bytearray) -> None:
    try:
        _read_to_end(end, got)
    except OSError:
        return


def test_what_follows_a_client_that_has_gone_is_the_end(ends: Ends) -> None:
    meter = Meter(Quantity(10**9, 10**9, "bytes", "hard"))
    stop = threading.Event()

    def drip() -> None:
        while not stop.wait(0.01):
            _flood(ends.host[1], b"x" * 1000)

    dripping = _beside(drip)
    ends.client[0].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    ends.client[0].close()
    deadline = time.monotonic() + SECONDS
    carried = relay(ends.client[1], ends.host[0], Channel(ends.shim[0]), meter, deadline)
    stop.set()
    dripping.join(SECONDS)
    assert carried.end == "reset"
