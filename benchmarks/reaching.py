"""Connections through the proxy against the decisions they rest on, and against going direct.

The proxy listens on this machine's own loopback and not inside a sandbox, which changes nothing
for it. Nothing is recorded, as a record costs what the disk costs.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

from benchmarks.deciding import library_with_constant, sidecar_of, verified
from benchmarks.measure import beside, side_by_side
from wilkc.bundle import generate_key
from wilkc.compiler import compile_sources
from wilkc.core.contract import Request
from wilkc.core.sandbox_plan import Limits, Quantity, SandboxPlan
from wilkc.language.requests import canonical_request
from wilkc.runtime import UnsafeNoRecord
from wilkc.runtime.egress import Gateway, Outside
from wilkc.runtime.sandbox import Job

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.measure import Row
    from wilkc.core.contract import Decision
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


def reaching(rounds: int) -> list[Row]:
    """A refused and an allowed tunnel, up to the proxy's answer."""
    with _sidecar() as sidecar, socket.create_server(("127.0.0.1", 0)) as host:
        threading.Thread(target=_accept, args=(host,), daemon=True).start()
        port = host.getsockname()[1]
        denied, allowed = (_request(sidecar, name) for name in ("evil.example.com", NAME))
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
    command = [sys.executable, "-c", SOURCE, str(size), str(PIECE)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as source, _sidecar() as sidecar:
        port = int(source.stdout.readline()) if source.stdout else 0
        taken: dict[str, list[float]] = {DIRECT: [], "a large body through the proxy": []}
        try:
            with _proxy(sidecar, None) as place:
                for _ in range(rounds):
                    for name, times in taken.items():
                        started = time.perf_counter()
                        _drain(_straight(port) if name == DIRECT else _through(place, port), size)
                        times.append((time.perf_counter() - started) * 1000)
        finally:
            source.kill()
    also = {
        name: f"{size / MB / (min(times) / 1000):.0f} MB/s at best" for name, times in taken.items()
    }
    return beside(DIRECT, taken, also)


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


def _request(sidecar: Sidecar, name: str) -> partial[Decision]:
    properties = {"host": name, "port": SECURE, "protocol": "https"}
    request = Request("fetcher", "connect", "network", f"{name}:{SECURE}", properties)
    return partial(sidecar.point.decide, canonical_request(request))


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


def _direct(decide: partial[Decision], port: int) -> None:
    decide()
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
