"""Slowing a launch down after a soft limit, and letting it go again. Layer: runtime."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wilkc.runtime.sandbox.controls import (
    CRAWL,
    NEW,
    TRICKLE,
    cpu_quota,
    disk_rate,
    first_quota,
    memory_high,
)
from wilkc.runtime.sandbox.groups import IO

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wilkc.core.sandbox_plan import Limits
    from wilkc.runtime.sandbox.groups import Group


def no_brake(on: bool, /) -> object:  # noqa: FBT001  # its only argument
    """There is no proxy to slow down."""
    return on


@dataclass(slots=True)
class Levers:
    """What can be reduced of one launch.

    Attributes:
        limits: of the plan.
        group: the launch's control group; without one nothing can be reduced.
        disks: numbers of the disks that the launch can reach.
        brake: halves the rate of the proxy, or restores it; saying so twice changes nothing.
        slow: resources that are reduced now.
    """

    limits: Limits
    group: Group
    disks: Sequence[str] = ()
    brake: Callable[[bool], object] = no_brake
    slow: frozenset[str] = field(default_factory=frozenset)

    def set(self, slow: frozenset[str]) -> None:
        """Reduce these resources and no others.

        Raises:
            SandboxRefusedError: the kernel refuses; all is tried again with the next call.
        """
        changed = slow ^ self.slow
        if not changed:
            return
        if "network" in changed:
            self.brake("network" in slow)
        if "memory" in changed and self._version("memory") == NEW:
            most = self.limits.memory.max if "memory" in slow else None
            self.group.set("memory", memory_high(most))
        if "disk" in changed and self._throttles_disks():
            most = self._disk_rate() if "disk" in slow else None
            self.group.set(IO, disk_rate(self._version(IO), self.disks, most))
        if "cpu" in self.group.places:
            self.group.set("cpu", cpu_quota(self._version("cpu"), self._quota(slow)))
        self.slow = slow

    def _version(self, controller: str) -> int:
        return self.group.places[controller][0] if controller in self.group.places else 0

    def _throttles_disks(self) -> bool:
        return IO in self.group.places and bool(self.disks)

    def _disk_rate(self) -> int:
        disk = self.limits.disk
        return disk.max if disk.unit == "bytes_per_second" else TRICKLE

    def _quota(self, slow: frozenset[str]) -> int | None:
        """The tightest of all reasons; what does not run takes no memory and writes nothing."""
        reasons = [first_quota(self.limits)]
        if "cpu" in slow:
            reasons.append(self.limits.cpu.max)
        if "memory" in slow and self._version("memory") != NEW:
            reasons.append(CRAWL)
        if "disk" in slow and not self._throttles_disks():
            reasons.append(CRAWL)
        known = [reason for reason in reasons if reason is not None]
        return min(known) if known else None
