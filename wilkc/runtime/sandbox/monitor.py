"""Watching what a launch uses, and acting on it. Layer: runtime.

A thread of its own takes a sample at every interval, judges it, slows the launch down or lets it
go, and says when it must end. A sample at the very end makes short commands known too.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wilkc.runtime.sandbox.judging import FAILED, MONITOR, Alert, Judge, Ruling
from wilkc.runtime.sandbox.refusal import SandboxRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from wilkc.core.sandbox_plan import Limits
    from wilkc.runtime.sandbox.gauge import Gauge
    from wilkc.runtime.sandbox.levers import Levers
    from wilkc.runtime.sandbox.observer import Teller
    from wilkc.runtime.sandbox.usage import Usage

MAX_SAMPLES: Final = 10
"""Samples that are kept, the newest ones; observers are told of all."""
MAX_ALERTS: Final = 20
_GLANCE_SECONDS: Final = 0.05
_MS: Final = 1000
_NEVER: Final = 1e8


def no_overflow() -> str:
    """Of a launch of which the kernel bounds everything else."""
    return ""


@dataclass(slots=True)
class Watched:
    """What was seen of one launch.

    Attributes:
        samples: the newest ones, in their order.
        taken: how many there were.
        alerts: the first ones, in their order.
        last: the newest sample, or None.
    """

    samples: list[Usage] = field(default_factory=list)
    taken: int = 0
    alerts: list[Alert] = field(default_factory=list)

    @property
    def last(self) -> Usage | None:
        """The newest sample."""
        return self.samples[-1] if self.samples else None


@dataclass(slots=True)
class Monitor:
    """Watches one launch from its beginning to its end.

    Attributes:
        limits: of the plan.
        gauge: reads samples.
        judge: says what they mean.
        levers: slow the launch down.
        teller: passes on samples and alerts.
        sampled: whether samples are taken while it runs, and not at its end alone.
        overflow: names a resource beside the plan's that has too much; empty for none.
        over: readable once the launch must end.
        end: the resource whose limit was exceeded, once `over` is readable.
        seen: what was seen so far.
    """

    limits: Limits
    gauge: Gauge
    judge: Judge
    levers: Levers
    teller: Teller
    sampled: bool = True
    overflow: Callable[[], str] = no_overflow
    over: int = field(default_factory=lambda: os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK))
    end: str = ""
    seen: Watched = field(default_factory=Watched)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, in a thread of its own."""
        thread = threading.Thread(target=self._watch, daemon=True, name="wilk-monitor")
        thread.start()
        self._thread = thread

    def stop(self) -> None:
        """Take no more samples."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def finish(self) -> None:
        """Take the sample at the end, once everything inside is gone."""
        usage = self.gauge.close()
        self._note(usage)
        self._tell(self.judge.at_end(usage).alerts)
        disk = self.limits.disk
        written = usage.disk.write_bytes
        if disk.unit == "bytes" and disk.enforcement == "hard" and (written or 0) > disk.max:
            self.end = self.end or "disk"
        self.end = self.end or self.overflow()
        most = self.limits.cpu_time_ms
        # Its kernel limit ends a single process, which then looks like any other end.
        if most is not None and (usage.cpu_ms or 0) >= most:
            self.end = self.end or "cpu"

    def close(self) -> None:
        """Tell what is still to be told, and close the descriptor."""
        self.teller.close()
        os.close(self.over)

    def _watch(self) -> None:
        interval = self.limits.monitor_interval_s if self.sampled else _NEVER
        look = time.monotonic() + interval
        while not self._stopped.wait(self._pause(look)):
            if time.monotonic() < look:
                self._glance()
            else:
                self._look()
                look = max(look + interval, time.monotonic())
            if self.end:
                os.eventfd_write(self.over, 1)
                return

    def _pause(self, look: float) -> float:
        """Until the next sample, or until the processor time could be used up."""
        left = max(look - time.monotonic(), 0.0)
        most = self.limits.cpu_time_ms
        if most is None:
            return left
        with suppress(OSError):
            unspent = (most - self.gauge.cpu_ms()) / _MS / len(os.sched_getaffinity(0))
            return min(left, max(unspent, _GLANCE_SECONDS))
        return left

    def _glance(self) -> None:
        most = self.limits.cpu_time_ms
        with suppress(OSError):
            if most is not None and self.gauge.cpu_ms() > most:
                self.end = "cpu"

    def _look(self) -> None:
        try:
            usage = self.gauge.read()
        except OSError:
            # The command may just have ended, which whoever waits for it sees.
            ruling = self.judge.failed()
        else:
            self._note(usage)
            ruling = self.judge.take(usage)
        self._tell(ruling.alerts)
        self._obey(ruling)
        self.end = self.end or self.overflow()

    def _obey(self, ruling: Ruling) -> None:
        self.end = ruling.end
        if not self.end and self.levers.group.memory_kills():
            self.end = "memory" if self.limits.memory.enforcement == "hard" else ""
        try:
            self.levers.set(ruling.slow)
        except SandboxRefusedError:
            self._tell((Alert(FAILED, MONITOR),))

    def _note(self, usage: Usage) -> None:
        self.seen.taken += 1
        self.seen.samples = [*self.seen.samples, usage][-MAX_SAMPLES:]
        self.teller.usage(usage.as_json(self.limits))

    def _tell(self, alerts: tuple[Alert, ...]) -> None:
        for alert in alerts:
            if len(self.seen.alerts) < MAX_ALERTS:
                self.seen.alerts.append(alert)
            self.teller.alert(alert.as_json())
