"""Reading samples of one launch: its control group first, `/proc` for the rest. Layer: runtime."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wilkc.runtime.sandbox.controls import NEW
from wilkc.runtime.sandbox.groups import IO, counters, number
from wilkc.runtime.sandbox.usage import NO_TRAFFIC, Disk, Sum, Traffic, Usage, since, sum_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wilkc.runtime.sandbox.groups import Group

_MS: Final = 1000
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
        sized: whether the number of bytes written is held against a limit.
        started: when the command began, on the monotonic clock.
        last: the last sample.
    """

    top: int
    group: Group
    traffic: Callable[[], Traffic] = no_traffic
    sized: bool = False
    started: float = field(default_factory=time.monotonic)
    last: Usage = field(
        default_factory=lambda: Usage(cpu_ms=0, disk=Disk(0, 0, 0, 0), traffic=NO_TRAFFIC)
    )
    _latest: Sum | None = None

    def read(self) -> Usage:
        """The next sample.

        Raises:
            OSError: the processes cannot be looked at.
        """
        self._latest = found = sum_of(self.top)
        return self._take(found, self._cpu_ms() or found.cpu_ms, self._memory(found))

    def cpu_ms(self) -> int:
        """Processor time so far, without making it a sample.

        Raises:
            OSError: the processes cannot be looked at.
        """
        return self._cpu_ms() or sum_of(self.top).cpu_ms

    def peek(self) -> None:
        """Note what is used just now, as it may be the last that can be read."""
        with suppress(OSError):
            self._latest = sum_of(self.top)

    def close(self) -> Usage:
        """The sample at the end, as near to it as could be read.

        The kernel keeps a process's counts until its parent has asked for them, and bubblewrap
        ends without asking: whoever inherits its child may have been quicker than this. What
        that child has moved to disks is shown to root only.
        """
        self.peek()
        found = self._latest
        unknown = Sum(0, 0, Disk())
        cpu_ms = self._cpu_ms() or (None if found is None else found.cpu_ms)
        return self._take(found or unknown, cpu_ms, self._group_memory())

    def _take(self, found: Sum, cpu_ms: int | None, memory: int | None) -> Usage:
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
        """Version 2 counts it for every group, version 1 where `cpuacct` is mounted with `cpu`."""
        new = next((path for version, path in self.group.places.values() if version == NEW), None)
        if new is not None:
            spent = counters(new / "cpu.stat").get("usage_usec")
            return None if spent is None else spent // _MS
        old = self._file("cpu", "", "cpuacct.usage")
        spent = None if old is None else number(old)
        return None if spent is None else spent // _MS**2

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
        if version == NEW and self.sized:
            return self._whole(_new_io(path / "io.stat", max), found)
        if version == NEW:
            told = _new_io(path / "io.stat", sum)
            return Disk(told.get("rios"), told.get("wios"), told.get("rbytes"), told.get("wbytes"))
        if version:
            ops = _old_io(path / _OLD_OPS)
            return Disk(ops.get("Read"), ops.get("Write"), found.read_bytes, found.write_bytes)
        return found

    def _whole(self, told: Mapping[str, int], found: Disk) -> Disk:
        """What was written, as the one that knows more of it says.

        The group knows it also of processes that ended unseen; the living know what is still to
        be written. A disk that stands on others is in the group's counts beside them, so that of
        several the busiest one counts.
        """
        known = (told.get("wbytes"), found.write_bytes, self.last.disk.write_bytes)
        written = max((one for one in known if one is not None), default=None)
        return Disk(told.get("rios"), told.get("wios"), told.get("rbytes"), written)


def _new_io(path: Path, together: Callable[[list[int]], int]) -> dict[str, int]:
    """What all disks say, put together; nothing moved yet is an empty file."""
    counts: dict[str, list[int]] = {name: [0] for name in ("rbytes", "wbytes", "rios", "wios")}
    try:
        words = path.read_text(encoding="ascii").split()
    except OSError:
        return {}
    for word in words:
        name, _, value = word.partition("=")
        if name in counts and value.isdecimal():
            counts[name].append(int(value))
    return {name: together(values) for name, values in counts.items()}


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
