"""Hits of rate limits beside the least that each kind of store could do."""

from __future__ import annotations

import sqlite3
import tempfile
import threading
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import redis

from benchmarks.measure import side_by_side
from tests.redis_server import RedisServer
from wilkc.runtime.limits import MemoryStore, RateLimit, RedisStore, SqliteStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.measure import Row
    from wilkc.runtime.limits import RateStore

BATCH = 50
LIMIT = RateLimit("reviewer/llm", 1_000_000, 3600)


def counting(rounds: int) -> list[Row]:
    """Each store; none is asked for more than it grants, so that every hit is written."""
    with tempfile.TemporaryDirectory(prefix="wilk-") as name:
        folder = Path(name)
        return [*_in_memory(rounds), *_in_a_file(folder, rounds), *_in_a_server(folder, rounds)]


def _in_memory(rounds: int) -> list[Row]:
    held: list[int] = []
    lock = threading.Lock()

    def append() -> None:
        with lock:
            held.append(0)

    return _rows("a list under a lock", append, "memory", MemoryStore(), rounds)


def _in_a_file(folder: Path, rounds: int) -> list[Row]:
    path = folder / "limits" / "limits.db"
    SqliteStore.create(path)
    with (
        closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as bare,
        closing(SqliteStore(path)) as store,
    ):
        bare.execute("PRAGMA journal_mode = WAL")
        bare.execute("PRAGMA synchronous = FULL")
        bare.execute("CREATE TABLE hits (at INTEGER)")
        insert = partial(bare.execute, "INSERT INTO hits VALUES (0)")
        return _rows("a bare insert of SQLite", insert, "SQLite", store, rounds)


def _in_a_server(folder: Path, rounds: int) -> list[Row]:
    with RedisServer(folder) as server, redis.Redis.from_url(server.url) as client:
        store = RedisStore(server.url)
        store.create()
        return _rows("a bare INCR of Redis", partial(client.incr, "bare"), "Redis", store, rounds)


def _rows(
    floor: str, least: Callable[[], object], name: str, store: RateStore, rounds: int
) -> list[Row]:
    def hit() -> None:
        store.hit([LIMIT])

    rows = side_by_side(
        (f"{floor}, {BATCH} times", partial(_repeat, least)),
        {f"{BATCH} hits in {name}": partial(_repeat, hit)},
        rounds,
    )
    return [replace(row, also=f"{BATCH / row.median_ms * 1000:,.0f} a second") for row in rows]


def _repeat(action: Callable[[], object]) -> None:
    for _ in range(BATCH):
        action()
