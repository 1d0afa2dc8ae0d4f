"""Each kind of store, in a time of the test's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.rate_worlds import MemoryWorld, RedisWorld, SqliteWorld

if TYPE_CHECKING:
    from pathlib import Path

    from tests.rate_worlds import World


@pytest.fixture(params=["memory", "sqlite", "redis"])
def world(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """See `World`; each test that asks for it runs once for each kind of store."""
    if request.param == "memory":
        return MemoryWorld()
    if request.param == "sqlite":
        return SqliteWorld(tmp_path)
    server = request.getfixturevalue("redis_server")
    return RedisWorld(server, monkeypatch, str(tmp_path))
