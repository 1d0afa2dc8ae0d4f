"""Connections through the proxy against the decisions they rest on, and against going direct.

The proxy listens on this machine's own loopback and not inside a sandbox, which changes nothing
for it. Nothing is recorded, as a record costs what the disk costs. The decisions are asked exactly
what the proxy asks. A body goes through a process that only splices, too: between three processes
on one machine there is no quicker way, so what that costs is no doing of the proxy.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from benchmarks.deciding import library_with_constant, sidecar_of, verified
from benchmarks.measure import beside, side_by_side
from wilkc.bundle import generate_key
from wilkc.compiler import compile_sources
from wilkc.core.sandbox_plan import Limits, Quantity, SandboxPlan
from wilkc.language.requests import canonical_request
from wilkc.runtime import UnsafeNoRecord
from wilkc.runtime.egress import Gateway, Outside
from wilkc.runtime.egress.judging import Asked, Judge
from wilkc.runtime.sandbox import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.measure import Row
    from wilkc.core.contract import Request
    from wilkc.opa import Sidecar

NAME: Final = "bench.example.com"
SECURE: Final = 443
PATIENT: Final = 30.0
"""Seconds for a decision: a slow one is to be measured, not refused."""
SIZE: Final = 2**30
SMALL: Final = 2**22
PIECE: Final = 2**18
MB: Final = 2**20
_FIRST: Final = len(b"HTTP/1.1 200 Connection established\r\n\r\n")
DIRECT: Final = "a large body, direct"
SPLICED: Final = "a large body through a process that only splices"
PROXIED: Final = "a large body through the proxy"
SPEC: Final = {
    "agent": "fetcher",
    "permissions": {
        "network": {
            "allowed_hosts": [
                {"host": NAME, "ports": [SECURE], "protocols": ["https"]},
                {"host": NAME, "ports": ["1024-65535"], "protocols": ["tcp"]},
                {"host": "127.0.0.1", "ports": ["1-65535"], "protocols": ["https", "tcp"]},
            ]
        }
    },
}
SOURCE: Final = """
import os, socket, sys
size, piece = int(sys.argv[1]), bytes(int(sys.argv[2]))
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    end, _ = listener.accept()
    left = size
    while left:
        left -= end.send(piece[:left])
    end.close()
"""


RELAY: Final = """
import fcntl, os, socket, sys
port, size = map(int, sys.argv[1:])
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    client, _ = listener.accept()
    host = socket.create_connection(("127.0.0.1", port))
    out, into = os.pipe()
    fcntl.fcntl(into, fcntl.F_SETPIPE_SZ, size)
    while held := os.splice(host.fileno(), into, size):
        while held:
            held -= os.splice(out, client.fileno(), held)
    for end in (out, into):
        os.close(end)
    client.close()
    host.close()
"""


def reaching(rounds: int) -> list[Row]:
    """A refused and an allowed tunnel, up to the proxy's answer."""
    with _sidecar() as sidecar, socket.create_server(("127.0.0.1", 0)) as host:
        threading.Thread(target=_accept, args=(host,), daemon=True).start()
        port = host.getsockname()[1]
        denied = partial(_decide, sidecar, *_asked_of(sidecar, "evil.example.com")[:1])
        allowed = partial(_decide, sidecar, *_asked_of(sidecar, NAME))
        with _proxy(sidecar, port) as place:
            rows = side_by_side(
                ("the decision that denies a host", denied),
                {
                    "CONNECT to it, refused": partial(
                        _tunnel, place, "evil.example.com", SECURE, 403
                    )
                },
                rounds,
            )
            return rows + side_by_side(
                ("two decisions and a connection", partial(_direct, allowed, port)),
                {"CONNECT, allowed": partial(_tunnel, place, NAME, SECURE, 200)},
                rounds,
            )


def carrying(rounds: int, *, small: bool = False) -> list[Row]:
    """A large body from another process, direct and through the proxy."""
    size = SMALL if small else SIZE
    taken: dict[str, list[float]] = {DIRECT: [], SPLICED: [], PROXIED: []}
    with (
        _listening(SOURCE, size, PIECE) as port,
        _listening(RELAY, port, MB) as relay,
        _sidecar() as sidecar,
        _proxy(sidecar, None) as place,
    ):
        ends: dict[str, Callable[[], socket.socket]] = {
            DIRECT: partial(_straight, port),
            SPLICED: partial(_straight, relay),
            PROXIED: partial(_through, place, port),
        }
        for _ in range(rounds):
            for name, times in taken.items():
                started = time.perf_counter()
                _drain(ends[name](), size)
                times.append((time.perf_counter() - started) * 1000)
    also = {
        name: f"{size / MB / (min(times) / 1000):.0f} MB/s at best" for name, times in taken.items()
    }
    share = statistics.median(taken[SPLICED]) / statistics.median(taken[PROXIED])
    also[PROXIED] += f", {share:.2f} of the throughput of one that only splices"
    return beside(DIRECT, taken, also)


@contextmanager
def _listening(program: str, *words: int) -> Iterator[int]:
    """A program that says on which port it listens, while it runs."""
    command = [sys.executable, "-c", program, *map(str, words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            yield int(process.stdout.readline()) if process.stdout else 0
        finally:
            process.kill()


def _sidecar() -> Sidecar:
    key = generate_key()
    sources = {"fetcher.yaml": json.dumps(SPEC).encode()}
    return sidecar_of(verified(compile_sources(sources, library_with_constant()), key), key)


@contextmanager
def _proxy(sidecar: Sidecar, stands: int | None) -> Iterator[tuple[str, int]]:
    """A running proxy; where it listens.

    Args:
        sidecar: decides.
        stands: the port that stands for every other, if there is one.
    """

    def dial(address: str, port: int, seconds: float) -> socket.socket:
        return socket.create_connection((address, stands or port), seconds)

    outside = Outside(lambda _: ["127.0.0.1"], dial)
    gateway = Gateway(sidecar.point, UnsafeNoRecord(), None, None, outside, PATIENT)
    limits = Limits(network=Quantity(2**62, 2**62, "bytes", "hard"), connections=100)
    plan = SandboxPlan(network="restricted", limits=limits)
    way = gateway.open(Job("fetcher", ("x",), "/", plan, sidecar.revision), os.getuid())
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    place = listeners[0].getsockname()
    way.serve(listeners)
    try:
        yield place
    finally:
        way.close()


def _asked_of(sidecar: Sidecar, name: str) -> tuple[Request, Request]:
    """What the proxy asks about a host: before it looks up its addresses, and after."""
    judge = Judge(sidecar.point, UnsafeNoRecord(), None, "fetcher", "bench", seconds=PATIENT)
    first = judge.may_reach(Asked("bench-1", "connect", name, SECURE, "CONNECT")).request
    second = replace(first, properties={**first.properties, "resolved": ["127.0.0.1"]})
    return first, canonical_request(second)


def _decide(sidecar: Sidecar, *requests: Request) -> None:
    for request in requests:
        sidecar.point.decide(request, seconds=PATIENT)


def _tunnel(place: tuple[str, int], name: str, port: int, wanted: int) -> None:
    with _asked(place, name, port, wanted):
        pass


def _asked(place: tuple[str, int], name: str, port: int, wanted: int) -> socket.socket:
    end = socket.create_connection(place)
    end.sendall(f"CONNECT {name}:{port} HTTP/1.1\r\nHost: {name}:{port}\r\n\r\n".encode("ascii"))
    # Not a byte of what comes after it.
    answer = end.recv(_FIRST)
    if int(answer.split(b" ")[1]) != wanted:
        raise RuntimeError(f"the proxy answers {answer[:100]!r}")
    return end


def _direct(decide: partial[None], port: int) -> None:
    decide()
    _straight(port).close()


def _straight(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port))


def _through(place: tuple[str, int], port: int) -> socket.socket:
    return _asked(place, NAME, port, 200)


def _drain(end: socket.socket, size: int) -> None:
    memory = bytearray(PIECE)
    with end:
        while count := end.recv_into(memory):
            size -= count
    if size:
        raise RuntimeError(f"{size} bytes are missing")


def _accept(listener: socket.socket) -> None:
    while True:
        try:
            listener.accept()[0].close()
        except OSError:
            return
