"""Passing on what a command prints, and Wilk's own words beside it. Layer: cli.

A reader that takes nothing must neither keep Wilk from ending nor from saying with which code. So
no stream of Python's is used: whoever waits in one holds its lock, on which the end of a process
waits in vain and then aborts. Written is what there is room for, to the descriptor itself.
"""

from __future__ import annotations

import errno
import io
import os
import select
import sys
import threading
import time
from contextlib import contextmanager, redirect_stderr, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

SAYING_SECONDS: Final = 5.0
"""How long all of Wilk's own words together wait for a reader."""
_writing: Final = threading.Lock()
"""One for all: two descriptors may be of one pipe, which one of them would find full."""


class Passage:
    """A descriptor of the caller's, which several threads write to.

    Args:
        stream: of Python's, whose descriptor it is; None where the caller gave none.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._fd = _number(stream)

    def pass_on(self, chunk: bytes, /) -> None:
        """Write all of it, however long that takes.

        Raises:
            OSError: nobody reads any more.
        """
        self.write(chunk, None)

    def write(self, data: bytes, until: float | None) -> bool:
        """Write, and say whether all was taken.

        Args:
            data: what is written.
            until: moment of the monotonic clock; None to wait for ever.

        Raises:
            OSError: nobody reads any more.
        """
        if self._fd is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        # Each has its own: two threads cannot wait with one (select).
        poll = select.poll()
        poll.register(self._fd, select.POLLOUT)
        while data:
            left = -1 if until is None else max(until - time.monotonic(), 0.0)
            if not poll.poll(None if until is None else left * 1000):
                return False
            if not _writing.acquire(timeout=left):
                return False
            try:
                # Another thread may have been faster. A pipe that has room takes so much at once
                # (pipe(7)); more of it might wait with the lock.
                if poll.poll(0):
                    data = data[os.write(self._fd, data[: select.PIPE_BUF]) :]
            except BlockingIOError:
                continue
            finally:
                _writing.release()
        return True


class _Voice(io.TextIOBase):
    """What standard error is while a command is run: words that wait for nobody for long."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream, self._passage = stream, Passage(stream)
        self._seconds = SAYING_SECONDS

    def write(self, text: str, /) -> int:
        begun = time.monotonic()
        with suppress(OSError):
            self._passage.write(text.encode("utf-8", "backslashreplace"), begun + self._seconds)
        self._seconds = max(self._seconds - (time.monotonic() - begun), 0.0)
        return len(text)

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()


@contextmanager
def voice() -> Iterator[None]:
    """While a command is run: nothing that is said on standard error waits for ever."""
    if _number(sys.stderr) is None:
        yield
        return
    with redirect_stderr(_Voice(sys.stderr)):
        yield


def _number(stream: TextIO | None) -> int | None:
    try:
        return None if stream is None else stream.fileno()
    except (OSError, ValueError):
        return None
