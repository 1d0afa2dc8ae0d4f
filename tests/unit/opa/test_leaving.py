"""Whoever answers oddly is asked no more over the same connection: it may not be OPA."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.unit.opa.conftest import FakePoint, Known, answer, http
from wilkc.core.contract import Request
from wilkc.opa import Transport
from wilkc.opa.async_transport import AsyncTransport

ASKED = Request("a", "read", "file", "./x")
WHOLE = http(json.dumps(answer()).encode())


@pytest.mark.parametrize(
    "odd",
    [
        http(json.dumps(answer()).encode(), "500 Internal Server Error"),
        http(b"{}"),
        http(json.dumps(answer(provenance={"bundles": {"wilk": {"revision": "r2"}}})).encode()),
    ],
    ids=range(3),
)
def test_who_answers_oddly_is_left(point: FakePoint, odd: bytes) -> None:
    transport = Transport(point.path, Known(), seconds=20)
    point.reply = lambda _c, number: odd if number == 2 else WHOLE
    assert [transport.decide(ASKED).allow for _ in range(4)] == [True, False, True, True]
    assert point.connections == 2


def test_who_answers_oddly_is_left_by_every_connection(point: FakePoint) -> None:
    transport = AsyncTransport(point.path, Known(), seconds=20)

    async def ask(callers: int) -> list[bool]:
        asking = (transport.decide(ASKED) for _ in range(callers))
        return [one.allow for one in await asyncio.gather(*asking)]

    async def whole() -> None:
        assert await ask(3) == [True] * 3
        good, point.reply = point.reply, lambda _c, _n: http(b"{}")
        assert await ask(1) == [False]
        point.reply = good
        assert await ask(3) == [True] * 3

    asyncio.run(whole())
    assert point.connections == 6
