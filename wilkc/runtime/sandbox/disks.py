"""Which disks files lie on, as control groups number them. Layer: runtime. sysfs(5)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_SYS: Final = Path("/sys/dev/block")


def disks_of(devices: Iterable[int]) -> tuple[str, ...]:
    """The whole disks, `MAJOR:MINOR`, behind device numbers of files; limits bind no partition.

    Memory, network and stacked file systems have no disk of their own and are left out.
    """
    found = {_whole(os.major(device), os.minor(device)) for device in devices}
    return tuple(sorted(found - {""}))


def _whole(major: int, minor: int) -> str:
    number = f"{major}:{minor}"
    place = _SYS / number
    if not place.exists():
        return ""
    if not (place / "partition").exists():
        return number
    try:
        return (place.resolve().parent / "dev").read_text(encoding="ascii").strip()
    except OSError:
        return ""
