"""Time and identity of this process, as records write them. Layer: runtime."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

from wilkc.runtime.disk import place_of

_PROC: Final = Path("/proc")
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_START_FIELD: Final = 19
"""Place of the start time after the program's name in `/proc/PID/stat` (proc(5), field 22)."""


class Clock:
    """The host's clocks."""

    def wall_us(self) -> int:
        """Microseconds since 1970, as the host claims."""
        return time.time_ns() // 1000

    def boot_us(self) -> int:
        """Microseconds since the kernel started, suspension included; never goes back."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000


@dataclass(frozen=True, slots=True)
class Owner:
    """A process of this boot: its id and the kernel's tick at which it started."""

    pid: int
    start: int

    def as_json(self) -> dict[str, int]:
        """The `owner` member of an intent's details."""
        return {"pid": self.pid, "start": self.start}


def timestamp(wall_us: int) -> str:
    """`YYYY-MM-DDTHH:MM:SS.ffffffZ`."""
    seconds, micros = divmod(wall_us, 1_000_000)
    return f"{_second(seconds)}.{micros:06d}Z"


@lru_cache(maxsize=16)
def _second(seconds: int) -> str:
    """What all times of one second begin with."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


def boot_id() -> str:
    """The kernel's id of this boot, 32 hexadecimal digits."""
    return _BOOT_ID.read_text(encoding="ascii").strip().replace("-", "")


def this_process() -> Owner:
    """The calling process."""
    pid = os.getpid()
    return Owner(pid, start_of(pid) or 0)


def start_of(pid: int) -> int | None:
    """When a process started, in ticks since boot; None if there is no such process."""
    try:
        text = place_of(_PROC, str(pid), "stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    return int(text.rpartition(")")[2].split()[_START_FIELD])


def record_id(wall_us: int) -> str:
    """A fresh UUIDv7 (RFC 9562 section 5.7): milliseconds, then 74 random bits."""
    random = int.from_bytes(os.urandom(10))
    value = (wall_us // 1000 & (1 << 48) - 1) << 80
    value |= 0x7 << 76 | (random >> 62 & 0xFFF) << 64
    value |= 0b10 << 62 | random & (1 << 62) - 1
    digits = f"{value:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
