"""Hits in memory: bounded, of one process, and under no clock that anybody sets."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from typing import NoReturn

import pytest

from tests.rate_worlds import HOUR, SECOND, MemoryWorld, SetClock
from wilkc.runtime.limits import MemoryStore, RateExceededError, RateLimit, RateStoreError
from wilkc.runtime.limits.clock import BootClock
from wilkc.runtime.limits.failures import STORE_UNAVAILABLE

LIMIT = RateLimit("reviewer/llm", 3, 60)
MANY = RateLimit("reviewer/network", 1_000_000, 60)


def test_a_full_store_refuses_and_heals() -> None:
    clock = SetClock(0)
    store = MemoryStore(max_hits=5, clock=clock)
    hits = [store.hit([RateLimit(f"k{number}", 1, 60)]) for number in range(4)]
    with pytest.raises(RateStoreError) as caught:
        store.hit([LIMIT, MANY])
    assert caught.value.detail == STORE_UNAVAILABLE
    store.hit([LIMIT])
    with pytest.raises(RateStoreError):
        store.hit([LIMIT])
    store.refund(hits[0])
    assert store.hit([LIMIT])
    clock.now = 61 * SECOND
    assert [store.hit([MANY]) for _ in range(2)]


def test_old_keys_go_away() -> None:
    world = MemoryWorld()
    store = world.stores[0]
    assert isinstance(store, MemoryStore)
    for number in range(300):
        store.hit([RateLimit(f"agent-{number}", 1, 60)])
    world.passes(61 * SECOND)
    for _ in range(100):
        store.hit([MANY])
    assert len(store._windows) == 1
    assert store._held == 100


def test_old_hits_of_a_busy_key_go_away() -> None:
    clock = SetClock(0)
    store = MemoryStore(clock=clock)
    long = RateLimit("k", 1_000_000, 86_400)
    store.hit([long])
    for _ in range(10_000):
        clock.now += SECOND
        store.hit([RateLimit("k", 1_000_000, 5)])
    assert store._held < 200
    with pytest.raises(RateExceededError):
        store.hit([RateLimit("k", 7, 86_400)])


def test_threads_share_one_store() -> None:
    store = MemoryStore(timeout_seconds=30)
    limit = RateLimit("reviewer/llm", 500, 3600)
    granted = []

    def work() -> None:
        for _ in range(100):
            with contextlib.suppress(RateExceededError):
                granted.append(store.hit([limit, MANY]))

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(granted) == 500
    assert store._held == 1000


def test_a_child_process_has_no_hits_of_its_own() -> None:
    store = MemoryStore()
    store.hit([LIMIT])
    child = os.fork()
    if child == 0:
        try:
            store.hit([LIMIT])
        except RateStoreError:
            os._exit(7)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert store.hit([LIMIT])


def test_a_store_that_is_held_is_refused_in_time() -> None:
    store = MemoryStore(timeout_seconds=0.05)
    with store._lock, pytest.raises(RateStoreError):
        store.hit([LIMIT])
    assert store.hit([LIMIT])


def test_setting_the_time_of_day_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore()
    for hour in range(3):
        step = (-1) ** hour * HOUR / SECOND
        monkeypatch.setattr(time, "time", lambda step=step: step)
        monkeypatch.setattr(time, "time_ns", lambda step=step: int(step * 1e9))
        store.hit([LIMIT])
    with pytest.raises(RateExceededError):
        store.hit([LIMIT])


def test_the_clock_of_the_host_passes_and_has_a_name() -> None:
    clock = BootClock()
    before = clock.now_us()
    time.sleep(0.01)
    assert 10_000 <= clock.now_us() - before < 10_000_000
    assert clock.name() == BootClock().name() != ""


def test_a_host_without_a_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> NoReturn:
        raise FileNotFoundError

    monkeypatch.setattr("wilkc.runtime.limits.clock.Path.read_text", missing)
    with pytest.raises(RateStoreError) as caught:
        BootClock().name()
    assert caught.value.detail == STORE_UNAVAILABLE
