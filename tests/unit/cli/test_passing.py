"""Passing on what a command prints: a reader that takes nothing, little, or is gone."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click
import pytest

from wilkc.cli import passing
from wilkc.cli.passing import Passage, voice

if TYPE_CHECKING:
    from collections.abc import Iterator

MANY = 300_000
"""More than a pipe holds, pipe(7)."""


@pytest.fixture
def pipe() -> Iterator[tuple[int, Any]]:
    """The end that is read, and a stream of the other one."""
    read, write = os.pipe()
    with os.fdopen(write, "w", encoding="utf-8") as stream:
        yield read, stream
    os.close(read)


def _read(fd: int, count: int) -> bytes:
    data = b""
    while len(data) < count:
        data += os.read(fd, count - len(data))
    return data


def test_all_is_passed_on_to_a_slow_reader(pipe: tuple[int, Any]) -> None:
    read, stream = pipe
    sent = os.urandom(MANY)
    thread = threading.Thread(target=Passage(stream).pass_on, args=(sent,))
    thread.start()
    time.sleep(0.1)
    assert _read(read, MANY) == sent
    thread.join(30)


def test_a_descriptor_that_does_not_wait_is_waited_for(pipe: tuple[int, Any]) -> None:
    read, stream = pipe
    os.set_blocking(stream.fileno(), False)
    test_all_is_passed_on_to_a_slow_reader((read, stream))


def test_words_do_not_wait_for_ever_behind_a_full_pipe(
    pipe: tuple[int, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    read, stream = pipe
    monkeypatch.setattr(passing, "SAYING_SECONDS", 0.2)
    monkeypatch.setattr(sys, "stderr", stream)
    passage = Passage(stream)

    def passed() -> None:
        with suppress(OSError):
            passage.pass_on(bytes(MANY))

    thread = threading.Thread(target=passed)
    thread.start()
    deadline = time.monotonic() + 30
    while passage.write(b"", None) and not _is_full(stream):
        assert time.monotonic() < deadline
    begun = time.monotonic()
    with voice():
        for _ in range(50):
            click.echo("words", err=True)
    # All of them together, and not each.
    assert 0.1 < time.monotonic() - begun < 5
    assert _read(read, MANY) == bytes(MANY)
    thread.join(30)


def test_one_full_pipe_keeps_no_words_from_another(
    pipe: tuple[int, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    read, stream = pipe
    monkeypatch.setattr(passing, "SAYING_SECONDS", 0.5)
    thread = threading.Thread(target=Passage(stream).pass_on, args=(bytes(MANY),))
    thread.start()
    while not _is_full(stream):
        time.sleep(0.01)
    heard, write = os.pipe()
    with os.fdopen(write, "w", encoding="utf-8") as other:
        monkeypatch.setattr(sys, "stderr", other)
        with voice():
            click.echo("words", err=True)
        monkeypatch.undo()
    assert os.read(heard, 100) == b"words\n"
    os.close(heard)
    assert _read(read, MANY) == bytes(MANY)
    thread.join(30)


def _is_full(stream: Any) -> bool:
    return not select.select([], [stream], [], 0)[1]


def test_two_threads_may_wait_at_once(pipe: tuple[int, Any]) -> None:
    read, stream = pipe
    passage, taken = Passage(stream), []
    os.set_blocking(stream.fileno(), False)
    with suppress(BlockingIOError):
        while True:
            os.write(stream.fileno(), bytes(select.PIPE_BUF))

    def passed() -> None:
        taken.append(passage.write(b"one", time.monotonic() + 60))

    thread = threading.Thread(target=passed)
    thread.start()
    time.sleep(0.2)
    # What cannot be written in time is said to be so, and is no crash.
    assert not passage.write(b"two", time.monotonic() + 0.1)
    _read(read, select.PIPE_BUF)
    thread.join(30)
    assert taken == [True]


def test_words_wait_for_no_other_thread_for_ever(
    pipe: tuple[int, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    read, stream = pipe
    monkeypatch.setattr(passing, "SAYING_SECONDS", 0.2)
    monkeypatch.setattr(sys, "stderr", stream)
    with passing._writing, voice():
        click.echo("unheard", err=True)
    with voice():
        click.echo("heard ü", err=True)
    assert os.read(read, 100) == "heard ü\n".encode()


def test_a_reader_that_is_gone_is_told() -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w", encoding="utf-8") as stream, pytest.raises(BrokenPipeError):
        Passage(stream).pass_on(b"x")


def test_where_there_is_no_stream_nothing_is_written_elsewhere() -> None:
    """Its number may by then be of something else: of the record, for one."""
    with pytest.raises(OSError, match="Bad file descriptor"):
        Passage(None).pass_on(b"x")


def test_a_thread_that_waits_for_a_reader_keeps_nobody_from_ending() -> None:
    program = """
import sys, threading, time
from wilkc.cli.passing import Passage, voice
for stream in (sys.stdout, sys.stderr):
    threading.Thread(target=Passage(stream).pass_on, args=(bytes(300_000),), daemon=True).start()
time.sleep(0.5)
with voice():
    print("words", file=sys.stderr)
    sys.exit(7)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": ":".join(filter(None, sys.path))},
    )
    try:
        assert process.wait(60) == 7
    finally:
        process.kill()
        process.communicate()
