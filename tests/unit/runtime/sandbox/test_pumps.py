"""What a command printed and nobody took."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from wilkc.runtime.sandbox import pumps
from wilkc.runtime.sandbox.pumps import Counter, Pump

if TYPE_CHECKING:
    import pytest

    from wilkc.runtime.sandbox.pumps import Sink


def _pumped(sink: Sink, *pieces: bytes, most: int = 10**6) -> Pump:
    source, end = os.pipe()
    pump = Pump(source, sink, Counter(most))
    os.write(end, pieces[0])
    pump.start()
    for piece in pieces[1:]:
        os.write(end, piece)
    os.close(end)
    pump.finish()
    return pump


def test_nothing_is_lost_by_a_reader_that_takes_all() -> None:
    taken: list[bytes] = []
    assert _pumped(taken.append, b"abc", b"def").lost == 0
    assert b"".join(taken) == b"abcdef"


def test_what_a_slow_reader_leaves_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pumps, "_SETTLING_SECONDS", 0.2)
    begun, go = threading.Event(), threading.Event()
    source, end = os.pipe()

    def sink(chunk: bytes) -> None:
        del chunk
        begun.set()
        go.wait(30)

    pump = Pump(source, sink, Counter(10**6))
    pump.start()
    os.write(end, b"x" * 1000)
    assert begun.wait(30)
    os.write(end, b"y" * 234)
    os.close(end)
    pump.finish()
    assert pump.lost == 1234
    go.set()
    assert pump.thread is not None
    pump.thread.join(30)
    os.close(source)


def test_what_comes_after_a_reader_has_gone_is_counted() -> None:
    def sink(chunk: bytes) -> None:
        raise BrokenPipeError(len(chunk))

    assert _pumped(sink, b"x" * 100, b"y" * 11).lost == 111


def test_what_is_above_the_limit_is_no_loss_of_the_reader() -> None:
    taken: list[bytes] = []
    assert _pumped(taken.append, b"x" * 100, most=10).lost == 0
    assert b"".join(taken) == b"x" * 10
