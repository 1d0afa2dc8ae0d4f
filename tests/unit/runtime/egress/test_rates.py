"""A rate of the network is kept by all connections of a launch together."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from wilkc.core.sandbox_plan import Quantity
from wilkc.runtime.egress.channel import Channel
from wilkc.runtime.egress.client import Client
from wilkc.runtime.egress.connection import Connection
from wilkc.runtime.egress.crew import Crew
from wilkc.runtime.egress.meter import Meter
from wilkc.runtime.egress.outside import Outside
from wilkc.runtime.egress.relay import Carried, await_turn, relay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RATE = 100_000
SECONDS = 20.0


@pytest.fixture
def pairs() -> Iterator[Callable[[], tuple[socket.socket, socket.socket]]]:
    made: list[socket.socket] = []

    def pair() -> tuple[socket.socket, socket.socket]:
        both = socket.socketpair()
        made.extend(both)
        return both

    yield pair
    for end in made:
        end.close()


def _meter(rate: int = RATE) -> Meter:
    return Meter(Quantity(rate, rate, "bytes_per_second", "hard"))


def _channel() -> tuple[Channel, Channel]:
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    return Channel(near), Channel(far)


def _flood(end: socket.socket, stop: threading.Event) -> list[threading.Thread]:
    """Say as much as is taken, and take whatever is said."""
    end.settimeout(0.1)

    def say() -> None:
        while not stop.is_set():
            with suppress(OSError):
                end.send(bytes(65_536))

    def hear() -> None:
        while not stop.is_set():
            with suppress(OSError):
                end.recv(65_536)

    threads = [threading.Thread(target=one, daemon=True) for one in (say, hear)]
    for thread in threads:
        thread.start()
    return threads


def _relayed(pair: Callable[[], tuple[socket.socket, socket.socket]], meter: Meter,
             seconds: float) -> Carried:  # fmt: skip
    """What one connection carries both ways while both of its ends say all they can."""
    client, host, stop = pair(), pair(), threading.Event()
    threads = [*_flood(client[0], stop), *_flood(host[1], stop)]
    channel, other = _channel()
    try:
        return relay(client[1], host[0], channel, meter, time.monotonic() + seconds)
    finally:
        stop.set()
        for thread in threads:
            thread.join(SECONDS)
        channel.close()
        other.close()


def test_connections_share_the_rate(
    pairs: Callable[[], tuple[socket.socket, socket.socket]],
) -> None:
    meter = _meter()
    threads = [threading.Thread(target=_relayed, args=(pairs, meter, 2.0)) for _ in range(2)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    elapsed = time.monotonic() - started
    carried = meter.read().sent + meter.read().received
    # Each of four directions may be a quarter of a second ahead.
    assert RATE <= carried <= RATE * (elapsed + 1.1)


def test_connections_one_after_another_share_the_rate(
    pairs: Callable[[], tuple[socket.socket, socket.socket]],
) -> None:
    """The time of a rule ends a connection; what it carried is still to be paid for."""
    meter, started = _meter(), time.monotonic()
    for _ in range(8):
        assert _relayed(pairs, meter, 0.1).end == "time_over"
    elapsed = time.monotonic() - started
    assert meter.read().sent + meter.read().received <= RATE * (elapsed + 0.6)


def test_what_comes_before_a_relay_waits_for_its_turn(
    pairs: Callable[[], tuple[socket.socket, socket.socket]],
) -> None:
    client, host, meter = pairs(), pairs(), _meter()
    channel, shim = _channel()
    client[0].sendall(b"CONNECT a.example:22 HTTP/1.1\r\nHost: a.example:22\r\n\r\n" + b"x" * 100)
    shim.send(dial=["192.0.2.1"], protocol="tcp", seconds=None)
    started = time.monotonic()
    meter.spend(RATE // 2, sent=True)
    outside = Outside(dial=lambda *_: host[0])
    connection = Connection(Client(client[1]), "http", channel, meter, outside, Crew("test"))
    running = threading.Thread(target=connection.run, daemon=True)
    running.start()
    host[1].settimeout(SECONDS)
    assert host[1].recv(100)
    assert time.monotonic() - started >= 0.4
    host[1].close()
    client[0].close()
    running.join(SECONDS)
    assert not running.is_alive()
    shim.close()


def test_whoever_waits_for_its_turn_can_be_ended() -> None:
    meter = _meter(1)
    meter.spend(1000, sent=True)
    channel, shim = _channel()
    assert await_turn(meter, channel, time.monotonic() + 0.05) == "time_over"
    shim.send(stop=True)
    assert await_turn(meter, channel, time.monotonic() + SECONDS) == "told"
    assert await_turn(_meter(), channel, time.monotonic()) is None
    channel.close()
    shim.close()


@pytest.mark.parametrize(("rate", "most"), [(RATE, RATE // 4), (3, 1), (10**12, 2**20)])
def test_how_much_of_a_rate_is_moved_at_once(rate: int, most: int) -> None:
    assert _meter(rate).carry(lambda room: room, 2**20, sent=True) == most
