"""Threads that are used again."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from wilkc.runtime.egress.crew import Crew

if TYPE_CHECKING:
    import pytest

LONG = 30.0
FEW = 3


def test_each_piece_of_work_has_a_thread_to_itself() -> None:
    crew, met = Crew("test"), threading.Barrier(4)
    for _ in range(3):
        crew.begin(lambda: met.wait(LONG))
    met.wait(LONG)
    assert not met.broken


def test_a_thread_is_used_again() -> None:
    crew, begun = Crew("test-crew"), threading.Event()
    crew.begin(begun.set)
    assert begun.wait(LONG)
    # When it is free again is not told, so a second may be begun meanwhile, but not a third.
    for _ in range(200):
        done = threading.Event()
        crew.begin(done.set)
        assert done.wait(LONG)
    names = [one.name for one in threading.enumerate()]
    assert names.count("test-crew") <= FEW


def test_one_that_hangs_keeps_nobody_waiting() -> None:
    crew, hanging, done = Crew("test"), threading.Event(), threading.Event()
    crew.begin(lambda: hanging.wait(LONG))
    crew.begin(done.set)
    assert done.wait(LONG)
    hanging.set()


def test_work_that_raises_ends_its_thread_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    told, done = threading.Event(), threading.Event()
    monkeypatch.setattr(threading, "excepthook", lambda _: told.set())
    crew = Crew("test")
    crew.begin(lambda: 1 / 0)
    assert told.wait(LONG)
    crew.begin(done.set)
    assert done.wait(LONG)
