"""Reading samples of one launch: its control group first, `/proc` for the rest. Layer: runtime."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wilkc.runtime.sandbox.controls import NEW
from wilkc.runtime.sandbox.groups import IO, counters, number
from wilkc.runtime.sandbox.usage import NO_TRAFFIC, Disk, Sum, Traffic, Usage, since, sum_of

if TYPE_CHECKING:
    import resource
    from collections.abc import Callable

    from wilkc.runtime.sandbox.groups import Group

_MS: Final = 1000
_BLOCK: Final = 512
"""Bytes of a block in getrusage(2)."""
_OLD_BYTES: Final = "blkio.throttle.io_service_bytes_recursive"
_OLD_OPS: Final = "blkio.throttle.io_serviced_recursive"


def no_traffic() -> Traffic:
    """Of a launch that has no route."""
    return NO_TRAFFIC


@dataclass(slots=True)
class Gauge:
    """Reads one launch.

    Attributes:
        top: the first process inside the sandbox.
        group: the launch's control group.
        traffic: what the proxy has carried so far.
        started: when the command began, on the monotonic clock.
        last: the last sample.
    """

    top: int
    group: Group
    traffic: Callable[[], Traffic] = no_traffic
    started: float = field(default_factory=time.monotonic)
    last: Usage = field(
        default_factory=lambda: Usage(cpu_ms=0, disk=Disk(0, 0, 0, 0), traffic=NO_TRAFFIC)
    )

    def read(self) -> Usage:
        """The next sample.

        Raises:
            OSError: the processes cannot be looked at.
        """
        found = sum_of(self.top)
        return self._take(found, self._cpu_ms() or found.cpu_ms, self._memory(found))

    def cpu_ms(self) -> int:
        """Processor time so far, without making it a sample.

        Raises:
            OSError: the processes cannot be looked at.
        """
        return self._cpu_ms() or sum_of(self.top).cpu_ms

    def close(self, spent: resource.struct_rusage) -> Usage:
        """The sample at the end: what all processes used that were waited for.

        Args:
            spent: of bubblewrap, which waits for all of them (wait4(2)).
        """
        cpu_ms = int((spent.ru_utime + spent.ru_stime) * _MS)
        moved = Disk(None, None, spent.ru_inblock * _BLOCK, spent.ru_oublock * _BLOCK)
        return self._take(Sum(cpu_ms, 0, moved), cpu_ms, self._group_memory())

    def _take(self, found: Sum, cpu_ms: int, memory: int | None) -> Usage:
        now = Usage(
            after_ms=int((time.monotonic() - self.started) * _MS),
            cpu_ms=cpu_ms,
            throttled_ms=self._throttled_ms(),
            memory=memory,
            swapped=self._swapped(),
            disk=self._disk(found.disk),
            traffic=self.traffic(),
        )
        self.last = since(now, self.last)
        return self.last

    def _file(self, controller: str, new: str, old: str) -> Path | None:
        version, path = self.group.places.get(controller, (0, Path()))
        name = new if version == NEW else old
        return path / name if version and name else None

    def _cpu_ms(self) -> int | None:
        """Version 2 counts it for every group; the group of `cpu` in version 1 does not."""
        new = next((path for version, path in self.group.places.values() if version == NEW), None)
        spent = None if new is None else counters(new / "cpu.stat").get("usage_usec")
        return None if spent is None else spent // _MS

    def _throttled_ms(self) -> int | None:
        place = self._file("cpu", "cpu.stat", "cpu.stat")
        found = {} if place is None else counters(place)
        if "throttled_usec" in found:
            return found["throttled_usec"] // _MS
        return found["throttled_time"] // _MS**2 if "throttled_time" in found else None

    def _memory(self, found: Sum) -> int | None:
        held = self._group_memory()
        return found.memory if held is None else held

    def _group_memory(self) -> int | None:
        place = self._file("memory", "memory.current", "memory.usage_in_bytes")
        held = None if place is None else number(place)
        if place is None or held is None:
            return None
        known = counters(place.parent / "memory.stat")
        # Files that were read and are used no more: the kernel gives them up when it must.
        idle = known.get("total_inactive_file", known.get("inactive_file", 0))
        return max(held - idle, 0)

    def _swapped(self) -> int | None:
        place = self._file("memory", "memory.swap.current", "memory.stat")
        if place is None:
            return None
        if place.name == "memory.stat":
            return counters(place).get("total_swap")
        return number(place)

    def _disk(self, found: Disk) -> Disk:
        """Operations from the group; bytes too in version 2, which knows who wrote what late."""
        version, path = self.group.places.get(IO, (0, Path()))
        if version == NEW:
            told = _new_io(path / "io.stat")
            return Disk(told.get("rios"), told.get("wios"), told.get("rbytes"), told.get("wbytes"))
        if version:
            ops = _old_io(path / _OLD_OPS)
            return Disk(ops.get("Read"), ops.get("Write"), found.read_bytes, found.write_bytes)
        return found


def _new_io(path: Path) -> dict[str, int]:
    """The sum over all disks; nothing moved yet is an empty file."""
    totals = dict.fromkeys(("rbytes", "wbytes", "rios", "wios"), 0)
    try:
        words = path.read_text(encoding="ascii").split()
    except OSError:
        return {}
    for word in words:
        name, _, value = word.partition("=")
        if name in totals and value.isdecimal():
            totals[name] += int(value)
    return totals


def _old_io(path: Path) -> dict[str, int]:
    totals = {"Read": 0, "Write": 0}
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except OSError:
        return {}
    for line in lines:
        _, name, value, *_ = [*line.split(), "", "", ""]
        if name in totals and value.isdecimal():
            totals[name] += int(value)
    return totals
