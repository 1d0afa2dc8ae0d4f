"""Carrying what a command prints to whoever reads it, up to a limit. Layer: runtime."""

from __future__ import annotations

import fcntl
import os
import struct
import termios
import threading
from dataclasses import dataclass, field
from typing import Final, Protocol

_CHUNK: Final = 65_536
_HEAD: Final = 4096
_SETTLING_SECONDS: Final = 5.0


class Sink(Protocol):
    """Takes the bytes that a command prints."""

    def __call__(self, chunk: bytes, /) -> object:
        """Take one piece; may block."""
        ...


@dataclass(slots=True)
class Pump:
    """Carries one stream of the command to its sink, counting.

    Attributes:
        source: descriptor that is read.
        sink: takes what was read.
        counter: says how much of it may pass.
        head: the first bytes, to tell bubblewrap's own words.
        abandoned: whether nobody waits for it any more.
        lost: bytes that the command printed and the sink did not take.
    """

    source: int
    sink: Sink
    counter: Counter
    head: bytearray = field(default_factory=bytearray)
    thread: threading.Thread | None = None
    abandoned: bool = False
    lost: int = 0
    _offered: int = 0

    def start(self) -> None:
        """Begin carrying, in a thread of its own."""
        thread = threading.Thread(target=self._carry, daemon=True, name="wilk-pump")
        thread.start()
        self.thread = thread

    def finish(self) -> None:
        """Wait until the stream has ended; give up on a sink that does not take it."""
        if self.thread is not None:
            self.thread.join(_SETTLING_SECONDS)
        self.abandoned = True
        if self.thread is not None and self.thread.is_alive():
            self.lost += self._offered + _waiting(self.source)

    def _carry(self) -> None:
        # Once it was given up, the number of its descriptor may belong to something else.
        while not self.abandoned:
            try:
                chunk = os.read(self.source, _CHUNK)
            except OSError:
                return
            if not chunk:
                return
            self.head += chunk[: _HEAD - len(self.head)]
            self._offered = self.counter.take(len(chunk))
            try:
                self.sink(chunk[: self._offered])
            except (OSError, ValueError):
                # Nobody reads any more: the command is not told, it writes into the void.
                self.sink = self._drop
                self.lost += self._offered
            self._offered = 0

    def _drop(self, chunk: bytes, /) -> object:
        self.lost += len(chunk)
        return len(chunk)


def _waiting(source: int) -> int:
    """Bytes that are in a pipe; see FIONREAD in ioctl_tty(2)."""
    try:
        answer = fcntl.ioctl(source, termios.FIONREAD, bytes(4))
    except OSError:
        return 0
    count: int = struct.unpack("i", answer)[0]
    return count


class Counter:
    """How much may still be printed; `full` is readable once it was too much.

    Attributes:
        full: an eventfd.
        exceeded: whether it was too much.
    """

    def __init__(self, most: int) -> None:
        self.exceeded = False
        self._left = most
        self._lock = threading.Lock()
        self._open = True
        self.full = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)

    def take(self, count: int) -> int:
        """Count bytes; the answer is how many of them may pass."""
        with self._lock:
            allowed = min(count, self._left)
            self._left -= allowed
        if allowed < count:
            self.exceeded = True
            self._signal()
        return allowed

    def close(self) -> None:
        """Close the descriptor; whoever counts on tells nobody any more."""
        with self._lock:
            self._open = False
            os.close(self.full)

    def _signal(self) -> None:
        with self._lock:
            if self._open:
                os.eventfd_write(self.full, 1)
