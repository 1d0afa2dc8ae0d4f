"""What the processes of one launch use. Layer: runtime. proc(5), cgroup-v2.rst, cgroup-v1/.

From the launch's control group where it has one, else summed over `/proc`. There a process
that ends hands its counts to the one that waits for it, so the sum over the living holds
everything the launch ever used, unless a process has its children ended unseen (SIGCHLD ignored):
what such a child used is in no sum. What cannot be read is None, never 0.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from wilkc.core.sandbox_plan import Limits, Quantity

_TICK_MS: Final = 1000 // os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_AFTER_NAME: Final = 3  # field 3 of stat(5) is the first after the name
_UTIME, _CSTIME, _RSS = 14 - _AFTER_NAME, 17 - _AFTER_NAME, 24 - _AFTER_NAME
_MS: Final = 1000
_LEAST_MS: Final = 100
"""Between two samples: processor time is counted in ticks of 10, so less says nothing."""
_IO: Final = {"read_bytes": "read_bytes: ", "write_bytes": "write_bytes: "}


@dataclass(frozen=True, slots=True)
class Disk:
    """What was moved from and to disks so far; operations are counted by groups only."""

    read_ops: int | None = None
    write_ops: int | None = None
    read_bytes: int | None = None
    write_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Traffic:
    """What went through the proxy so far, and the connections that are open."""

    rx_bytes: int | None = None
    tx_bytes: int | None = None
    connections: int | None = None

    @property
    def bytes(self) -> int | None:
        """Both directions together."""
        if self.rx_bytes is None or self.tx_bytes is None:
            return None
        return self.rx_bytes + self.tx_bytes


NO_TRAFFIC: Final = Traffic(0, 0, 0)
"""Of a launch that has no route."""


@dataclass(frozen=True, slots=True)
class Usage:
    """One sample.

    Attributes:
        after_ms: when, from the start of the command.
        cpu_ms: processor time of all processes so far.
        cpu: the same since the sample before, in percent of one core.
        throttled_ms: how long the launch was kept from running by its quota.
        memory: bytes in use, without cache that could be taken back.
        swapped: bytes swapped out.
        disk: moved so far.
        traffic: carried so far.
        disk_rate: bytes per second since the sample before, the busier direction.
        traffic_rate: bytes per second since the sample before, both directions.
    """

    after_ms: int = 0
    cpu_ms: int | None = None
    cpu: int | None = None
    throttled_ms: int | None = None
    memory: int | None = None
    swapped: int | None = None
    disk: Disk = field(default_factory=Disk)
    traffic: Traffic = field(default_factory=Traffic)
    disk_rate: int | None = None
    traffic_rate: int | None = None

    def value(self, resource: str, quantity: Quantity) -> int | None:
        """What is held against the limit of a resource, in the unit of the limit."""
        rate = quantity.unit == "bytes_per_second"
        if resource == "memory":
            return self.memory
        if resource == "cpu":
            return self.cpu
        if resource == "network":
            return self.traffic_rate if rate else self.traffic.bytes
        if quantity.unit == "weight":
            return None
        return self.disk_rate if rate else self.disk.write_bytes

    def as_json(self, limits: Limits) -> dict[str, Any]:
        """The sample as records show it; times in milliseconds, the rest as its limit."""
        return {
            "after_ms": self.after_ms,
            "cpu": {
                "usage": self.cpu,
                "limit": _hard(limits.cpu),
                "throttled_ms": self.throttled_ms,
            },
            "memory": {
                "usage": self.memory,
                "limit": _hard(limits.memory),
                "swapped": self.swapped,
            },
            "disk": {
                "read_ops": self.disk.read_ops,
                "write_ops": self.disk.write_ops,
                "read_bytes": self.disk.read_bytes,
                "write_bytes": self.disk.write_bytes,
            },
            "network": {
                "rx_bytes": self.traffic.rx_bytes,
                "tx_bytes": self.traffic.tx_bytes,
                "connections": self.traffic.connections,
            },
        }


def _hard(quantity: Quantity) -> int | None:
    return quantity.max if quantity.enforcement == "hard" else None


def since(now: Usage, before: Usage) -> Usage:
    """A sample with what happened since the one before it."""
    return Usage(
        now.after_ms,
        now.cpu_ms,
        _per_second(now.cpu_ms, before.cpu_ms, now, before, unit=100 / _MS),
        now.throttled_ms,
        now.memory,
        now.swapped,
        now.disk,
        now.traffic,
        _most(
            _per_second(now.disk.read_bytes, before.disk.read_bytes, now, before),
            _per_second(now.disk.write_bytes, before.disk.write_bytes, now, before),
        ),
        _per_second(now.traffic.bytes, before.traffic.bytes, now, before),
    )


def _per_second(
    count: int | None, earlier: int | None, now: Usage, before: Usage, unit: float = 1.0
) -> int | None:
    elapsed = now.after_ms - before.after_ms
    if count is None or earlier is None or elapsed < _LEAST_MS:
        return None
    return int(max(count - earlier, 0) * unit * _MS / elapsed)


def _most(*rates: int | None) -> int | None:
    known = [rate for rate in rates if rate is not None]
    return max(known) if known else None


@dataclass(frozen=True, slots=True)
class Sum:
    """What all processes below one use, as `/proc` tells it.

    Attributes:
        cpu_ms: processor time so far.
        memory: resident bytes; what several share counts for each of them.
        disk: moved so far.
    """

    cpu_ms: int
    memory: int
    disk: Disk


def sum_of(top: int) -> Sum:
    """The sum over a process and all below it; what has ended meanwhile is left out.

    Raises:
        OSError: the process itself cannot be looked at.
    """
    cpu = memory = 0
    moved: dict[str, list[int]] = {name: [] for name in _IO}
    for pid in tree(top):
        try:
            text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            if pid == top:
                raise
            continue
        fields = text.rpartition(")")[2].split()
        cpu += sum(map(int, fields[_UTIME : _CSTIME + 1])) * _TICK_MS
        memory += int(fields[_RSS]) * _PAGE
        for name, count in _moved(pid).items():
            moved[name].append(count)
    totals = {name: sum(counts) if counts else None for name, counts in moved.items()}
    return Sum(cpu, memory, Disk(None, None, totals["read_bytes"], totals["write_bytes"]))


def tree(top: int) -> list[int]:
    """A process and all below it, parents first."""
    found, pending = [], [top]
    while pending:
        pid = pending.pop()
        found.append(pid)
        with suppress(OSError):
            tasks = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208  # names, not paths
            for task in tasks:
                # A thread that ends meanwhile keeps nobody from asking the others.
                with suppress(OSError):
                    text = Path(f"/proc/{pid}/task/{task}/children").read_text(encoding="ascii")
                    pending += [int(word) for word in text.split()]
    return found


def _moved(pid: int) -> dict[str, int]:
    try:
        lines = Path(f"/proc/{pid}/io").read_text(encoding="ascii").splitlines()
    except OSError:
        return {}
    return {
        name: int(line.removeprefix(head))
        for name, head in _IO.items()
        for line in lines
        if line.startswith(head)
    }
