"""From an event loop the same answers and refusals as in a thread, and nothing is mixed up."""

from __future__ import annotations

import asyncio
import gc
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.opa.conftest import GRANT, FakePoint, Known, answer, crowded, http
from wilkc.core.contract import Decision, Request
from wilkc.opa.async_transport import MAX_CONNECTIONS, AsyncTransport

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable
    from pathlib import Path

ASKED = Request("a", "read", "file", "./x")
WHOLE = http(json.dumps(answer()).encode())


def _no() -> bytes:
    context: Any = {**GRANT["context"], "reason": "PERMISSION_DENIED"}  # type: ignore[dict-item]
    return http(json.dumps(answer({"decision": False, "context": context})).encode())


@pytest.fixture
def transport(point: FakePoint) -> AsyncTransport:
    return AsyncTransport(point.path, Known(), seconds=0.5)


def _run(body: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        await body()

    asyncio.run(whole())
    gc.collect()


async def _detail(transport: AsyncTransport) -> str:
    found = await transport.decide(ASKED)
    assert (found.allow, found.reason) == (False, "VALIDATION_ERROR")
    return found.detail


def test_the_connection_is_kept_within_a_loop(point: FakePoint, transport: AsyncTransport) -> None:
    async def ask() -> None:
        for _ in range(5):
            assert (await transport.decide(ASKED)).allow

    _run(ask)
    assert point.connections == 1
    _run(ask)
    assert point.connections == 2


def test_a_kept_connection_that_was_closed_is_replaced(
    point: FakePoint, transport: AsyncTransport
) -> None:
    async def ask() -> None:
        assert (await transport.decide(ASKED)).allow
        point.drop_connections()
        assert (await transport.decide(ASKED)).allow
        point.drop_connections()
        await asyncio.sleep(0.05)
        assert (await transport.decide(ASKED)).allow

    _run(ask)
    assert point.connections == 3


def test_a_connection_closed_under_the_request_is_tried_once_more(
    point: FakePoint, transport: AsyncTransport
) -> None:
    point.reply = lambda _c, number: None if number == 2 else WHOLE

    async def ask() -> None:
        assert (await transport.decide(ASKED)).allow
        assert (await transport.decide(ASKED)).allow

    _run(ask)
    assert len(point.requests) == 3


def test_a_fresh_connection_is_not_tried_again(point: FakePoint, transport: AsyncTransport) -> None:
    point.reply = lambda _c, _n: None

    async def ask() -> None:
        assert await _detail(transport) == "no_decision_point"

    _run(ask)
    assert len(point.requests) == 1


def test_no_socket(short_folder: Path) -> None:
    for name in ("none.sock", "x" * 200):

        async def ask(name: str = name) -> None:
            transport = AsyncTransport(short_folder / name, Known())
            assert await _detail(transport) == "no_decision_point"

        _run(ask)


def test_a_late_answer_is_never_taken_for_the_next_one(
    point: FakePoint, transport: AsyncTransport
) -> None:
    def reply(_connection: socket.socket, number: int) -> bytes:
        if number == 1:
            time.sleep(0.7)
            return WHOLE
        return _no()

    point.reply = reply

    async def ask() -> None:
        assert await _detail(transport) == "late_answer"
        await asyncio.sleep(0.4)
        assert not (await transport.decide(ASKED)).allow

    _run(ask)


def test_the_answer_to_a_cancelled_question_is_never_taken_for_the_next_one(
    point: FakePoint, transport: AsyncTransport
) -> None:
    def reply(_connection: socket.socket, number: int) -> bytes:
        if number == 1:
            time.sleep(0.2)
            return WHOLE
        return _no()

    point.reply = reply

    async def ask() -> None:
        asking = asyncio.create_task(transport.decide(ASKED))
        await asyncio.sleep(0.05)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert not (await transport.decide(ASKED)).allow
        await asyncio.sleep(0.3)
        assert not (await transport.decide(ASKED)).allow

    _run(ask)


@pytest.mark.parametrize("pause", [0.0, 0.3])
def test_bytes_that_nobody_asked_for_end_the_connection(
    point: FakePoint, transport: AsyncTransport, pause: float
) -> None:
    def reply(connection: socket.socket, number: int) -> bytes:
        if number == 1:
            connection.sendall(WHOLE)
            time.sleep(0.1)
            return WHOLE
        return _no()

    point.reply = reply

    async def ask() -> None:
        assert (await transport.decide(ASKED)).allow
        time.sleep(0.3)  # noqa: ASYNC251  # the loop must not see the bytes before
        if pause:
            await asyncio.sleep(pause)
        assert (await transport.decide(ASKED)).reason == "PERMISSION_DENIED"

    _run(ask)
    assert point.connections == 2


def test_the_number_of_connections_is_bounded(point: FakePoint) -> None:
    transport = AsyncTransport(point.path, Known(), seconds=20)

    async def ask() -> None:
        asking = (transport.decide(ASKED) for _ in range(3 * MAX_CONNECTIONS))
        found: list[Decision] = list(await asyncio.gather(*asking))
        assert all(one.allow for one in found)

    _run(ask)
    assert point.connections <= MAX_CONNECTIONS


def test_a_large_request_is_sent_whole(point: FakePoint, transport: AsyncTransport) -> None:
    async def ask() -> None:
        large = Request("a", "read", "file", "./" + "x" * 60_000)
        assert (await transport.decide(large)).allow
        assert (await transport.decide(Request("a", "read", "file", "./\ud800"))).detail == (
            "malformed_request"
        )

    _run(ask)
    assert len(point.requests) == 1


def test_ended_loops_are_forgotten(transport: AsyncTransport) -> None:
    async def ask() -> None:
        assert (await transport.decide(ASKED)).allow

    for _ in range(5):
        _run(ask)
    assert len(transport._pools) == 1


def test_a_queue_that_is_full_is_waited_for(short_folder: Path) -> None:
    """Whoever listens has no room for one more until the queue moves on."""
    listener, waiting = crowded(short_folder / "opa.sock")
    transport = AsyncTransport(short_folder / "opa.sock", Known(), seconds=20)

    def serve() -> None:
        accepted = [listener.accept()[0] for _ in waiting[:-1]]
        last = listener.accept()[0]
        last.recv(65_536)
        last.sendall(WHOLE)
        for one in (*accepted, last, *waiting):
            one.close()

    async def ask() -> None:
        asking = asyncio.create_task(transport.decide(ASKED))
        await asyncio.sleep(0.05)
        serving = asyncio.create_task(asyncio.to_thread(serve))
        assert (await asking).allow
        await serving

    _run(ask)
    listener.close()
