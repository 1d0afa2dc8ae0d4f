"""Work in a process of its own, so that its death is no more than the lack of an answer.

Layer: adapters. Standard library only. A child that is killed, runs out of memory or crashes
gives no whole answer, and its parent, which does nothing but wait, denies.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    Work = Callable[[Callable[[bytes], object]], None]

MAX_BYTES: Final = 131_072
_CHUNK: Final = 65_536
_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def in_child(work: Work, started: Callable[[int], None]) -> bytes:
    """The line that a child tells, or as much of it as came.

    The child is not waited for: what it has to take down it takes down by itself.

    Args:
        work: done in the child; is given the function that tells the line.
        started: told the child's process id.

    Raises:
        OSError: there can be no child.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _work(work, writing)
    started(child)
    os.close(writing)
    data = b""
    while not data.endswith(b"\n") and len(data) <= MAX_BYTES:
        chunk = os.read(reading, _CHUNK)
        if not chunk:
            break
        data += chunk
    return data


def _work(work: Work, writing: int) -> NoReturn:
    try:
        for ending in _ENDING:
            signal.signal(ending, _leave)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        # A harness may wait until nobody holds its pipes any more.
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nowhere, descriptor)
        work(lambda line: os.write(writing, line))
    finally:
        os._exit(0)


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    """The first signal ends the work in order."""
    del number, frame
    for ending in _ENDING:
        signal.signal(ending, signal.SIG_IGN)
    raise SystemExit
