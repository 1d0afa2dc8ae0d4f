"""While the command runs: its output, its usage, its end. Layer: runtime.

Everything inside the sandbox is gone when this returns, and everything it used is known.
"""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.runtime.sandbox.gauge import Gauge, no_traffic
from wilkc.runtime.sandbox.judging import Judge
from wilkc.runtime.sandbox.levers import Levers, no_brake
from wilkc.runtime.sandbox.limits import unkept
from wilkc.runtime.sandbox.monitor import Monitor, no_overflow
from wilkc.runtime.sandbox.observer import Teller
from wilkc.runtime.sandbox.pumps import Counter, Pump, Sink
from wilkc.runtime.sandbox.watch import Ending, wait

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wilkc.core.sandbox_plan import Limits
    from wilkc.runtime.sandbox.groups import Group
    from wilkc.runtime.sandbox.lifted import Masks
    from wilkc.runtime.sandbox.observer import Observer
    from wilkc.runtime.sandbox.record import Facts
    from wilkc.runtime.sandbox.usage import Traffic

MAX_RESULT: Final = 2**20
"""Bytes of a result on descriptor 3."""
GRACE_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Streams:
    """Where the command's output goes.

    Attributes:
        stdout: takes standard output.
        stderr: takes standard error.
        result: takes what is written to descriptor 3; None where there is no such descriptor.
        stdin: descriptor that standard input is read from; None for none, as beside a result.
    """

    stdout: Sink
    stderr: Sink
    result: Sink | None = None
    stdin: int | None = None


@dataclass(frozen=True, slots=True)
class Attended:
    """What is attended to.

    Attributes:
        pid: of bubblewrap.
        child: of the first process inside the sandbox.
        child_fd: pidfd of that process.
        status: readable once bubblewrap reports that the command has ended.
        outputs: reading ends of standard output, standard error and, if asked for, the result.
        limits: of the plan.
        group: the launch's control group.
        disks: numbers of the disks that the launch can reach.
        observers: are told of samples and alerts.
        sampled: whether samples are taken while the command runs.
        traffic: what the proxy has carried so far.
        brake: halves the rate of the proxy, or restores it.
        outlived: whether processes may live on when the first one has ended.
        masks: what must stay where it was mounted.
        overflow: names a resource that only samples bound and that has too much; empty for none.
    """

    pid: int
    child: int
    child_fd: int
    status: int
    outputs: Sequence[int]
    limits: Limits
    group: Group
    disks: Sequence[str]
    observers: Sequence[Observer]
    sampled: bool = True
    traffic: Callable[[], Traffic] = no_traffic
    brake: Callable[[bool], object] = no_brake
    outlived: bool = False
    overflow: Callable[[], str] = no_overflow
    masks: Masks | None = None


def attend(what: Attended, streams: Streams, facts: Facts) -> None:
    """Carry output and wait; at a limit end the command.

    Args:
        what: the launch under way; bubblewrap is waited for.
        streams: take the output.
        facts: are completed with what was seen.
    """
    counters = {"output": Counter(what.limits.output), "result": Counter(MAX_RESULT)}
    pumps = _pumps(what.outputs, streams, list(counters.values()))
    own = os.pidfd_open(what.pid)
    monitor = _monitor(what, facts)
    try:
        for pump in pumps:
            pump.start()
        monitor.start()
        over = {counter.full: name for name, counter in counters.items()} | {monitor.over: ""}
        soon = (what.status, monitor.gauge.peek)
        masks = what.masks
        looks, untold = (masks.looks(), masks.seconds) if masks else ((), None)
        ending = wait(own, soon, over, looks, (what.limits.wall_clock_ms, untold))
        monitor.gauge.peek()
        monitor.stop()
        if ending.cause:
            _stop(what, own)
        # bubblewrap's death is the death of all processes inside, a moment later.
        await_end(what.child_fd, GRACE_SECONDS)
        if what.outlived:
            what.group.end()
        monitor.finish()
        os.waitpid(what.pid, 0)
    finally:
        monitor.stop()
        os.close(own)
        for pump in pumps:
            pump.finish()
        facts.output_lost = sum(pump.lost for pump in pumps)
        for counter in counters.values():
            counter.close()
        monitor.close()
        facts.watched = monitor.seen
        facts.cpu_ms = monitor.gauge.last.cpu_ms
    cut = next((name for name, counter in counters.items() if counter.exceeded), "")
    facts.ending = _completed(ending, cut or monitor.end)
    facts.words = bytes(pumps[1].head).decode("utf-8", "replace")


def _completed(ending: Ending, resource: str) -> Ending:
    """The end with its resource: also of a limit that was seen only when all was over."""
    if not resource or ending.cause == "timeout" or ending.resource:
        return ending
    return Ending("limit", resource)


def _pumps(outputs: Sequence[int], streams: Streams, counters: Sequence[Counter]) -> list[Pump]:
    printed, answered = counters
    sinks = [(streams.stdout, printed), (streams.stderr, printed)]
    if streams.result is not None:
        sinks.append((streams.result, answered))
    return [Pump(fd, *sink) for fd, sink in zip(outputs, sinks, strict=True)]


def _monitor(what: Attended, facts: Facts) -> Monitor:
    limits = what.limits
    return Monitor(
        limits,
        Gauge(what.child, what.group, what.traffic, sized=limits.disk.unit == "bytes"),
        Judge(limits, unkept(facts.reached)),
        Levers(limits, what.group, what.disks, what.brake),
        Teller(*what.observers),
        what.sampled,
        what.overflow,
    )


def _stop(what: Attended, pidfd: int) -> None:
    """End the sandbox from within, so that bubblewrap reaps what it started and then ends.

    Args:
        what: the launch.
        pidfd: of bubblewrap.
    """
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(what.child_fd, signal.SIGKILL)
    if not await_end(pidfd, GRACE_SECONDS):
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        what.group.kill()
        await_end(pidfd, GRACE_SECONDS)


def await_end(pidfd: int, seconds: float) -> bool:
    """Whether a process ends in time."""
    return bool(select.select([pidfd], [], [], seconds)[0])


def reap_orphan(pidfd: int | None) -> None:
    """Wait for a process that bubblewrap left behind when it ended, if it has become ours.

    bubblewrap does not wait for the first process inside, which process 1 then inherits
    (pid_namespaces(7)). In a container that may be this one, and nobody else would.

    Args:
        pidfd: of the process; None where there was none.
    """
    if pidfd is not None:
        with suppress(ChildProcessError):
            os.waitid(os.P_PIDFD, pidfd, os.WEXITED | os.WNOHANG)
