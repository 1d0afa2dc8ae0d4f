"""The clock of this host that nobody sets. Layer: runtime.

CLOCK_BOOTTIME (clock_gettime(2)) counts from the start of the kernel, goes on while the host
sleeps, and is not moved by whoever sets the time of day. It means something only together
with the boot and the time namespace (time_namespaces(7)) that it was read in.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final, Protocol

from wilkc.runtime.limits.failures import STORE_UNAVAILABLE, RateStoreError

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE: Final = Path("/proc/self/ns/time")


class Clock(Protocol):
    """Microseconds that pass, and the name of the clock that counts them."""

    def now_us(self) -> int:
        """Microseconds since some moment; never goes back while the name is the same."""
        ...

    def name(self) -> str:
        """Two times can be compared only where they come from clocks of one name."""
        ...


class BootClock:
    """The kernel's own count of time since it started."""

    def __init__(self) -> None:
        self._named = (0, "")

    def now_us(self) -> int:
        """Microseconds since the kernel started."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000

    def name(self) -> str:
        """The boot and the time namespace.

        Raises:
            RateStoreError: the kernel does not tell.
        """
        process, name = self._named
        # A child may begin in another namespace.
        if process != os.getpid():
            name = _name()
            self._named = (os.getpid(), name)
        return name


def _name() -> str:
    try:
        boot = _BOOT_ID.read_text(encoding="ascii").strip()
        return f"{boot}/{_namespace()}"
    except (OSError, UnicodeDecodeError) as error:
        raise RateStoreError(
            STORE_UNAVAILABLE, f"the kernel does not name this boot: {error}"
        ) from error


def _namespace() -> str:
    try:
        return str(_NAMESPACE.readlink())
    except FileNotFoundError:
        # Before Linux 5.6 there was only one.
        return "-"
