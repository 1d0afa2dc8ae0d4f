"""What is written into control files for a plan's limits. Layer: runtime. Pure.

Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/ of the kernel. A hard limit is set before
the command begins; a soft one only once it was exceeded, and taken back later.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.core.sandbox_plan import Limits, Quantity

Controller = Literal["memory", "pids", "cpu", "io"]
Setting = tuple[str, str]
"""Name of a control file, and what is written into it."""

NEW: Final = 2
"""The version of control groups that has one hierarchy for all controllers."""

OWN_PROCESSES: Final = 2
"""bubblewrap's two processes of a launch, which the plan's number does not count."""

OPTIONAL: Final = frozenset(
    {"memory.memsw.limit_in_bytes", "memory.swap.max", "memory.oom.group", "cpu.weight"}
)
"""Settings that kernels without swap accounting or older than 4.19 do not have."""

CRAWL: Final = 20
"""Percent of one core that is left to a launch where only its time can be reduced."""
TRICKLE: Final = 2**20
"""Bytes per second that are left of a disk, once a size was exceeded softly."""

_PERIOD_US: Final = 100_000
_SHARES: Final = 1024
_LEAST_SHARES: Final = 2
_NO_LIMIT: Final = {1: "-1", 2: "max"}


def settings(
    controller: Controller, version: int, limits: Limits, disks: Sequence[str]
) -> list[Setting]:
    """What binds a launch from its first moment.

    Args:
        controller: whose files.
        version: of control groups.
        limits: of the plan.
        disks: numbers of the disks that the launch can reach, `MAJOR:MINOR`.
    """
    if controller == "pids":
        return [("pids.max", str(limits.pids + OWN_PROCESSES))]
    if controller == "memory":
        return _memory(limits, version)
    if controller == "io":
        return _disk(limits.disk, version, disks)
    weight = limits.priority * 10
    polite = (
        ("cpu.weight", str(weight))
        if version == NEW
        else ("cpu.shares", str(max(_LEAST_SHARES, _SHARES * weight // 100)))
    )
    return [*cpu_quota(version, first_quota(limits)), polite]


def first_quota(limits: Limits) -> int | None:
    """Percent of one core from the first moment, or None for no limit."""
    return limits.cpu.max if limits.cpu.enforcement == "hard" else None


def cpu_quota(version: int, percent: int | None) -> list[Setting]:
    """Processor time; None lifts the limit."""
    quota = _NO_LIMIT[version] if percent is None else str(percent * _PERIOD_US // 100)
    if version == NEW:
        return [("cpu.max", f"{quota} {_PERIOD_US}")]
    return [("cpu.cfs_period_us", str(_PERIOD_US)), ("cpu.cfs_quota_us", quota)]


def memory_high(most: int | None) -> list[Setting]:
    """Version 2: from where on the kernel takes memory back and slows down; None lifts it."""
    return [("memory.high", _NO_LIMIT[NEW] if most is None else str(most))]


def disk_rate(version: int, disks: Sequence[str], most: int | None) -> list[Setting]:
    """Bytes per second of each disk, read and written alike; None lifts the limit."""
    if version == NEW:
        value = _NO_LIMIT[NEW] if most is None else str(most)
        return [("io.max", f"{disk} rbps={value} wbps={value}") for disk in disks]
    value = "0" if most is None else str(most)
    names = ("blkio.throttle.read_bps_device", "blkio.throttle.write_bps_device")
    return [(name, f"{disk} {value}") for disk in disks for name in names]


def weight_file(version: int) -> str:
    """The file that takes a weight; it is there only under a scheduler that knows weights."""
    return "io.weight" if version == NEW else "blkio.bfq.weight"


def _disk(disk: Quantity, version: int, disks: Sequence[str]) -> list[Setting]:
    if disk.enforcement != "hard":
        return []
    if disk.unit == "weight":
        return [(weight_file(version), str(disk.max))]
    return disk_rate(version, disks, disk.max) if disk.unit == "bytes_per_second" else []


def _memory(limits: Limits, version: int) -> list[Setting]:
    hard = limits.memory.enforcement == "hard"
    # A limit that only warns still must not let one launch take the host down.
    most = limits.memory.max if hard else half_of_memory()
    if version == NEW:
        return [("memory.max", str(most)), ("memory.swap.max", "0"), ("memory.oom.group", "1")]
    return [("memory.limit_in_bytes", str(most)), ("memory.memsw.limit_in_bytes", str(most))]


def half_of_memory() -> int:
    """What a launch may take where the plan sets no hard limit, in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
