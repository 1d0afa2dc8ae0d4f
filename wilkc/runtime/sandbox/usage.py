"""What the processes of one launch use, read from `/proc`. Layer: runtime. proc(5).

A process that ends hands its counts to the one that waits for it, so the sum over the living
holds everything the launch ever used.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TICK_MS: Final = 1000 // os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_AFTER_NAME: Final = 3  # field 3 of stat(5) is the first after the name
_UTIME, _CSTIME, _RSS = 14 - _AFTER_NAME, 17 - _AFTER_NAME, 24 - _AFTER_NAME


@dataclass(frozen=True, slots=True)
class Usage:
    """One sample.

    Attributes:
        cpu_ms: processor time of all processes so far.
        memory: resident bytes of all processes.
        written: bytes handed to disks so far, or None where they cannot be read.
        processes: how many there are.
    """

    cpu_ms: int
    memory: int
    written: int | None
    processes: int


def sample(top: int) -> Usage:
    """The usage of a process and all below it; what has ended meanwhile is left out."""
    cpu = memory = processes = 0
    written = []
    for pid in tree(top):
        try:
            text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        fields = text.rpartition(")")[2].split()
        cpu += sum(map(int, fields[_UTIME : _CSTIME + 1])) * _TICK_MS
        memory += int(fields[_RSS]) * _PAGE
        processes += 1
        written.append(_written(pid))
    known = [count for count in written if count is not None]
    return Usage(cpu, memory, sum(known) if known else None, processes)


def tree(top: int) -> list[int]:
    """A process and all below it, parents first."""
    found, pending = [], [top]
    while pending:
        pid = pending.pop()
        found.append(pid)
        try:
            tasks = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208  # names, not paths
            for task in tasks:
                text = Path(f"/proc/{pid}/task/{task}/children").read_text(encoding="ascii")
                pending += [int(word) for word in text.split()]
        except OSError:
            continue
    return found


def _written(pid: int) -> int | None:
    try:
        text = Path(f"/proc/{pid}/io").read_text(encoding="ascii")
    except OSError:
        return None
    return next(
        (int(line[13:]) for line in text.splitlines() if line.startswith("write_bytes: ")), None
    )
