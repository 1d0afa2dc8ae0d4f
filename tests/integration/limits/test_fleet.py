"""Real processes, a real file and a real server: never more than allowed, whatever is killed."""

from __future__ import annotations

import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.redis_server import DURABLE, RedisServer
from wilkc.runtime.limits import (
    Promises,
    RateExceededError,
    RateLimit,
    RateStore,
    RateStoreError,
    RedisStore,
    SqliteStore,
)
from wilkc.runtime.limits.failures import RECORD_INCOMPLETE, STORE_UNAVAILABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
SEED = 20_261_128
PROCESSES, THREADS = 8, 4
LIMIT, WINDOW_SECONDS, WORK_SECONDS = 20, 2, 5
KILLS = 8
TAKEN = RateLimit("taken", 200, 3600)
SHORT = RateLimit("short", 3, 2)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name, as sockets need it."""
    with tempfile.TemporaryDirectory(prefix="wilk-") as name:
        yield Path(name)


@pytest.fixture(params=["sqlite", "redis"])
def place(request: pytest.FixtureRequest, folder: Path) -> Iterator[tuple[str, str]]:
    """The kind of a store in which nothing is counted yet, and where it is."""
    if request.param == "sqlite":
        SqliteStore.create(folder / "limits" / "limits.db")
        yield "sqlite", str(folder / "limits" / "limits.db")
        return
    request.getfixturevalue("redis_program")
    with RedisServer(folder) as server:
        RedisStore(server.url).create()
        yield "redis", server.url


def _start(script: str, *arguments: str | int) -> subprocess.Popen[str]:
    command = [sys.executable, str(HERE / script), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _store(place: tuple[str, str]) -> RateStore:
    if place[0] == "sqlite":
        return SqliteStore(Path(place[1]), timeout_seconds=30)
    return RedisStore(place[1], timeout_seconds=30)


def _granted(store: RateStore, limit: RateLimit) -> int:
    """How many hits are granted before one is refused."""
    for count in range(limit.limit + 1):
        try:
            store.hit([limit])
        except RateExceededError:
            return count
    raise AssertionError("more than the limit was granted")


def _unsaid(store: RateStore, limit: RateLimit = SHORT) -> str:
    with pytest.raises(RateStoreError) as caught:
        store.hit([limit])
    return caught.value.detail


def _soon(store: RateStore, limit: RateLimit) -> int:
    """How many are granted once the store grants again."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with contextlib.suppress(RateStoreError):
            store.hit([limit])
            return 1 + _granted(store, limit)
        time.sleep(0.05)
    raise TimeoutError


def test_no_window_holds_more_than_the_limit(place: tuple[str, str]) -> None:
    """8 processes with 4 threads each.

    A grant lies somewhere between the question and its answer; so a window that contains both
    contains the grant.
    """
    arguments = (*place, LIMIT, WINDOW_SECONDS, WORK_SECONDS, THREADS)
    workers = [_start("worker.py", *arguments) for _ in range(PROCESSES)]
    grants: list[tuple[float, float]] = []
    for worker in workers:
        output = worker.communicate()[0]
        assert worker.returncode == 0
        grants += json.loads(output)
    for start, _ in grants:
        inside = [one for one in grants if one[0] >= start and one[1] <= start + WINDOW_SECONDS]
        assert len(inside) <= LIMIT
    # And it is a limit, not a stop.
    assert len(grants) >= 2 * LIMIT


def test_a_hit_counts_although_its_taker_was_killed(place: tuple[str, str]) -> None:
    print(f"seed {SEED}")
    chosen = random.Random(SEED)
    acknowledged = 0
    for _ in range(KILLS):
        taker = _start("taker.py", *place)
        assert taker.stdout is not None
        acknowledged += taker.stdout.readline() == "granted\n"
        time.sleep(chosen.uniform(0, 0.1))
        taker.kill()
        acknowledged += taker.communicate()[0].count("granted\n")
    left = _granted(_store(place), TAKEN)
    assert KILLS <= acknowledged <= TAKEN.limit
    # At most the one hit of each that it could not name any more.
    assert TAKEN.limit - KILLS <= acknowledged + left <= TAKEN.limit


def test_a_server_that_forgets_grants_nothing_for_a_window(
    folder: Path, redis_program: str
) -> None:
    del redis_program
    with RedisServer(folder) as server:
        store = RedisStore(server.url)
        store.create()
        assert _granted(store, SHORT) == 3
        for _ in range(2):
            server.kill()
            assert _unsaid(store) == STORE_UNAVAILABLE
            server.start()
            began = time.monotonic()
            assert _unsaid(store) == RECORD_INCOMPLETE
            assert _unsaid(RedisStore(server.url)) == RECORD_INCOMPLETE
            assert _soon(store, SHORT) == 3
            assert time.monotonic() - began > SHORT.window_seconds


def test_a_server_that_forgets_nothing_goes_on_at_once(folder: Path, redis_program: str) -> None:
    del redis_program
    with RedisServer(folder, *DURABLE) as server:
        store = RedisStore(server.url, promises=Promises(durable=True))
        store.create()
        long = RateLimit("long", 3, 3600)
        store.hit([long])
        store.hit([long])
        for count in (1, 0):
            server.kill()
            assert _unsaid(store) == STORE_UNAVAILABLE
            server.start()
            assert _granted(store, long) == count


def test_a_server_that_remembers_something_old_grants_nothing_for_a_window(
    folder: Path, redis_program: str
) -> None:
    del redis_program
    with RedisServer(folder) as server:
        store = RedisStore(server.url)
        store.create()
        store.hit([SHORT])
        server.call("SAVE")
        assert _granted(store, SHORT) == 2
        server.kill()
        server.start()
        assert _unsaid(store) == RECORD_INCOMPLETE
        assert _soon(store, SHORT) == 3


def test_a_durable_server_that_lost_its_file_grants_nothing(
    folder: Path, redis_program: str
) -> None:
    del redis_program
    with RedisServer(folder, *DURABLE) as server:
        store = RedisStore(server.url, promises=Promises(durable=True))
        store.create()
        assert _granted(store, SHORT) == 3
        server.kill()
        for file in (folder / "appendonlydir").iterdir():
            file.unlink()
        server.start()
        assert _unsaid(store) == RECORD_INCOMPLETE


def test_a_replica_grants_nothing_and_one_that_takes_over_waits(
    folder: Path, redis_program: str
) -> None:
    del redis_program
    (folder / "b").mkdir()
    with (
        RedisServer(folder, "--port", "0") as first,
        RedisServer(folder / "b") as second,
    ):
        store = RedisStore(first.url)
        store.create()
        assert _granted(store, SHORT) == 3
        # Without a port of the first there is no link; a replica refuses to write all the same.
        second.call("REPLICAOF", "127.0.0.1", "1")
        heir = RedisStore(second.url)
        assert _unsaid(heir) == STORE_UNAVAILABLE
        second.call("REPLICAOF", "NO", "ONE")
        assert _unsaid(heir) == RECORD_INCOMPLETE


def test_other_processes_and_children_count_with_this_one(place: tuple[str, str]) -> None:
    store = _store(place)
    store.hit([TAKEN])
    taker = _start("taker.py", *place)
    assert taker.communicate()[0].count("granted\n") == TAKEN.limit - 1
    other = RateLimit("other", 5, 3600)
    store.hit([other])
    child = os.fork()
    if child == 0:
        try:
            os._exit(_granted(store, RateLimit("other", 3, 3600)))
        finally:
            os._exit(255)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2
    assert _granted(store, other) == 2
    assert _granted(store, TAKEN) == 0
