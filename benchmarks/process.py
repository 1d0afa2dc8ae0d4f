"""What the kernel knows of a sidecar's OPA: processor time and memory. Source: proc(5)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wilkc.opa import Sidecar

TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")
"""The kernel counts processor time in ticks of this many milliseconds."""
_UTIME = 11
"""Place of the time in user mode after the name of the program; the time in the kernel is next."""


def opa_of(sidecar: Sidecar) -> Path:
    """The folder under /proc of the process that serves a sidecar's socket."""
    folder = sidecar.socket.parent.resolve()
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and _runs_in(process, folder):
            return process
    raise ValueError(f"no OPA runs in {folder}")


def cpu_ms(process: Path) -> float:
    """Processor time since its start."""
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[_UTIME]) + int(fields[_UTIME + 1])) * TICK_MS


def memory_mb(process: Path, field: str) -> float:
    """`VmRSS`, what it holds now, or `VmHWM`, the most it ever held, in megabytes."""
    for line in (process / "status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) * 1024 / 1e6
    raise ValueError(f"the kernel gives no {field}")


def _runs_in(process: Path, folder: Path) -> bool:
    try:
        name = (process / "comm").read_text().strip()
        return name.startswith("opa") and (process / "cwd").readlink() == folder
    except OSError:
        return False
