"""A guard's check against a raw round trip of the same decision on the same socket.

The raw one writes bytes that were made before to a kept connection and reads the answer
without looking at it: what nobody who asks OPA can do without. Beside it stands the library
that comes with Python, which does no more either. Nothing is recorded, as a record costs what
the disk costs.
"""

from __future__ import annotations

import asyncio
import os
import selectors
import socket
import tempfile
import threading
import time
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.deciding import examples_sidecar
from benchmarks.measure import beside, side_by_side
from wilkc.opa.exchange import Answer, question
from wilkc.opa.transport import MAX_ANSWER_BYTES, ONE_DECISION, body_of
from wilkc.runtime import Guard, UnsafeNoRecord
from wilkc.runtime.guard.steps import Question, prepare
from wilkc.runtime.sandbox.names import Roots

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.measure import Row

CALLERS: Final = 32
ALONE: Final = "the same question over a kept raw connection"
TOGETHER: Final = f"{CALLERS} kept raw connections, one thread"
FILE: Final = "file:./src/app.ts"
PATIENT: Final = 30.0
"""Seconds for a decision: a slow one is to be measured, not refused."""


def guarding(rounds: int) -> list[Row]:
    """One caller, and many at the same time in threads and in an event loop."""
    with examples_sidecar() as sidecar, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "src" / "app.ts"
        file.parent.mkdir()
        file.write_text("x", encoding="ascii")
        guard = Guard(
            sidecar.socket, UnsafeNoRecord(), agent="reviewer", workspace=folder, seconds=PATIENT
        )
        asked = asked_bytes(folder)
        rows = side_by_side(
            (ALONE, partial(asking, connected(sidecar.socket), asked)),
            {
                "the same question by http.client, kept": partial(
                    _ask_by_library, _kept_by_library(sidecar.socket), asked
                ),
                "guard.check of a file": partial(_check, guard),
            },
            rounds,
        )
        rows += _together(guard, sidecar.socket, asked, rounds)
        guard.close()
        return rows


def _together(guard: Guard, socket_path: Path, asked: bytes, rounds: int) -> list[Row]:
    """Milliseconds per answer while everybody asks at once."""
    actions: dict[str, Callable[[int], object]] = {
        TOGETHER: partial(_raw_callers, socket_path, asked),
        f"guard.check, {CALLERS} threads": partial(threads, guard),
        f"guard.check_async, {CALLERS} coroutines": partial(coroutines, guard),
    }
    each = max(rounds // 50, 2)
    taken: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(max(rounds // 200, 3)):
        for name, action in actions.items():
            started = time.perf_counter()
            action(each)
            taken[name].append((time.perf_counter() - started) * 1000 / (each * CALLERS))
    also = {name: f"{1000 / min(times):.0f} answers/s at best" for name, times in taken.items()}
    return beside(TOGETHER, taken, also)


def asked_bytes(workspace: str) -> bytes:
    """What the guard sends for the same question."""
    roots = Roots(os.path.realpath(workspace), None)
    prepared = prepare(Question(FILE, "read", agents=("reviewer",)), roots)
    body = body_of(prepared.request)
    if not isinstance(body, bytes):
        raise TypeError(body.message)
    return question(ONE_DECISION, body)


def _check(guard: Guard) -> None:
    if not guard.check(FILE, "read").allow:
        raise RuntimeError("the guard denies what it is to be measured with")


def connected(path: Path) -> socket.socket:
    """A connection to a sidecar."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(path))
    return connection


def asking(connection: socket.socket, asked: bytes) -> None:
    """Ask, and read the whole answer without looking at it."""
    connection.sendall(asked)
    answer = Answer(MAX_ANSWER_BYTES)
    while not answer.take(connection.recv(MAX_ANSWER_BYTES)):
        pass


def _kept_by_library(path: Path) -> HTTPConnection:
    connection = HTTPConnection("localhost")
    connection.sock = connected(path)
    return connection


def _ask_by_library(connection: HTTPConnection, asked: bytes) -> None:
    body = asked.partition(b"\r\n\r\n")[2]
    connection.request("POST", ONE_DECISION, body, {"Content-Type": "application/json"})
    with connection.getresponse() as response:
        response.read()


def _raw_callers(path: Path, asked: bytes, each: int) -> None:
    """As many questions as connections under way, by one thread that only moves bytes."""
    left = {connected(path): each for _ in range(CALLERS)}
    with selectors.DefaultSelector() as selector:
        for connection in left:
            selector.register(connection, selectors.EVENT_READ)
            connection.sendall(asked)
        while left:
            for key, _ in selector.select():
                connection = key.fileobj  # type: ignore[assignment]  # one of ours
                connection.recv(MAX_ANSWER_BYTES)
                left[connection] -= 1
                if left[connection]:
                    connection.sendall(asked)
                else:
                    selector.unregister(connection)
                    del left[connection]
                    connection.close()


def threads(guard: Guard, each: int) -> None:
    """As many questions of each of many threads."""

    def ask() -> None:
        for _ in range(each):
            _check(guard)

    callers = [threading.Thread(target=ask) for _ in range(CALLERS)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()


def coroutines(guard: Guard, each: int) -> None:
    """As many questions of each of many coroutines in one loop."""

    async def ask() -> None:
        for _ in range(each):
            if not (await guard.check_async(FILE, "read")).allow:
                raise RuntimeError("the guard denies what it is to be measured with")

    async def all_of_them() -> None:
        await asyncio.gather(*(ask() for _ in range(CALLERS)))

    asyncio.run(all_of_them())
