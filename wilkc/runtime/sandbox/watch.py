"""Waiting for a launch to end, or ending it. Layer: runtime.

On a pidfd: a wait with a time limit sleeps between looks, and a survivor may hold the pipes
open after the command is gone.
"""

from __future__ import annotations

import os
import select
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from wilkc.core.sandbox_plan import Limits
    from wilkc.runtime.sandbox.groups import Group
    from wilkc.runtime.sandbox.usage import Usage

_CHUNK: Final = 65_536
_HEAD: Final = 4096
_MS: Final = 1000
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
        head: the first bytes, to tell bubblewrap's own words.
    """

    source: int
    sink: Sink
    counter: Counter
    head: bytearray = field(default_factory=bytearray)
    thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin carrying, in a thread of its own."""
        self.thread = threading.Thread(target=self._carry, daemon=True, name="wilk-pump")
        self.thread.start()

    def finish(self) -> None:
        """Wait until the stream has ended; give up on a sink that does not take it."""
        if self.thread is not None:
            self.thread.join(_SETTLING_SECONDS)

    def _carry(self) -> None:
        while True:
            try:
                chunk = os.read(self.source, _CHUNK)
            except OSError:
                return
            if not chunk:
                return
            self.head += chunk[: _HEAD - len(self.head)]
            allowed = self.counter.take(len(chunk))
            try:
                self.sink(chunk[:allowed])
            except (OSError, ValueError):
                # Nobody reads any more: the command is not told, it writes into the void.
                self.sink = _drop


def _drop(chunk: bytes, /) -> object:
    return len(chunk)


class Counter:
    """How much may still be printed; `full` is readable once it was too much."""

    def __init__(self, most: int) -> None:
        self._left = most
        self._lock = threading.Lock()
        self.full = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)

    def take(self, count: int) -> int:
        """Count bytes; the answer is how many of them may pass."""
        with self._lock:
            allowed = min(count, self._left)
            self._left -= allowed
        if allowed < count:
            os.eventfd_write(self.full, 1)
        return allowed

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self.full)


@dataclass(frozen=True, slots=True)
class Ending:
    """Why the wait ended: empty where the command ended by itself.

    Attributes:
        cause: `timeout`, `limit`, or empty.
        resource: the resource of a limit.
        alerts: thresholds that were crossed, each once.
        last: the last sample, or None if there was none.
    """

    cause: str
    resource: str
    alerts: tuple[str, ...]
    last: Usage | None


NOT_ENDED: Final = Ending("", "", (), None)
"""Nothing was waited for yet."""


@dataclass(slots=True)
class Watch:
    """One wait.

    Attributes:
        limits: what ends it.
        group: the launch's control group.
        sampled: resources that only samples bind.
        usage: reads a sample.
    """

    limits: Limits
    group: Group
    sampled: frozenset[str]
    usage: Callable[[], Usage]
    alerts: dict[str, None] = field(default_factory=dict)
    last: Usage | None = None
    _strikes: int = 0

    def wait(self, pidfd: int, full: int) -> Ending:
        """Wait until the process ends, or must end.

        Args:
            pidfd: of bubblewrap.
            full: readable once too much was printed.
        """
        started = time.monotonic()
        interval = self.limits.monitor_interval_s
        end, look = started + self.limits.wall_clock_ms / _MS, started + interval
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        poll.register(full, select.POLLIN)
        while True:
            left = max(0.0, min(end, look) - time.monotonic())
            ready = {fd for fd, _ in poll.poll(left * _MS)}
            if pidfd in ready:
                return self._ending("", "")
            if full in ready:
                return self._ending("limit", "output")
            if time.monotonic() >= end:
                return self._ending("timeout", "")
            if time.monotonic() >= look:
                resource = self._look()
                if resource:
                    return self._ending("limit", resource)
                look += interval

    def _ending(self, cause: str, resource: str) -> Ending:
        return Ending(cause, resource, tuple(self.alerts), self.last)

    def _look(self) -> str:
        """Take a sample; the answer is the resource whose hard limit was exceeded, if any."""
        before, usage = self.last, self.usage()
        self.last = usage
        if self.group.memory_kills() and self.limits.memory.enforcement == "hard":
            return "memory"
        if self.limits.cpu_time_ms is not None and usage.cpu_ms > self.limits.cpu_time_ms:
            return "cpu"
        used = {
            "memory": usage.memory,
            "cpu": _share(before, usage, self.limits.monitor_interval_s),
        }
        if self.limits.disk.unit == "bytes" and usage.written is not None:
            used["disk"] = usage.written
        return next((name for name, value in used.items() if self._judge(name, value)), "")

    def _judge(self, name: str, value: int) -> bool:
        quantity = {
            "memory": self.limits.memory, "cpu": self.limits.cpu, "disk": self.limits.disk,
        }[name]  # fmt: skip
        if value > quantity.warning:
            self.alerts[f"resource_limit_warning: {name}"] = None
        if value <= quantity.max:
            self._strikes = 0 if name == "cpu" else self._strikes
            return False
        if quantity.enforcement == "monitoring":
            self.alerts[f"resource_limit_monitoring: {name}"] = None
        elif quantity.enforcement == "soft":
            self.group.throttle()
        elif name in self.sampled:
            # One busy interval is within what a sample can err by; two are not.
            self._strikes += name == "cpu"
            return name != "cpu" or self._strikes > 1
        return False


def _share(before: Usage | None, now: Usage, seconds: int) -> int:
    spent = now.cpu_ms - (before.cpu_ms if before else 0)
    return spent * 100 // (seconds * _MS)
