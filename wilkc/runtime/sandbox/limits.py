"""Which mechanism keeps each limit, and how strongly. Layer: runtime.

Control groups bind all processes of a launch together; resource limits (getrlimit(2)) bind
each process alone. The record says which it was; a plan that needs more is refused.
"""

from __future__ import annotations

import math
import resource
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from wilkc.runtime.sandbox.controls import NEW, OWN_PROCESSES, half_of_memory, weight_file
from wilkc.runtime.sandbox.groups import CONTROLLERS, IO
from wilkc.runtime.sandbox.offered import RESTRICTED
from wilkc.runtime.sandbox.refusal import SandboxRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wilkc.core.sandbox_plan import Limits, SandboxPlan
    from wilkc.runtime.sandbox.controls import Controller
    from wilkc.runtime.sandbox.groups import Group, Hierarchy
    from wilkc.runtime.sandbox.identity import Identity

Strength = Literal["enforced", "partial", "sampled", "none"]

_GROUP_HELP: Final = (
    "start wilkc with `systemd-run --user --scope -p Delegate=yes`, or let the policy say"
    " `level: moderate` with `degraded: [cgroup]`"
)
KEPT: Final = "tmp"
"""The size of private directories that outlive a launch."""
PRLIMIT: Final = "/usr/bin/prlimit"
NICE: Final = "/usr/bin/nice"
SETPRIV: Final = "/usr/bin/setpriv"
"""By absolute path, as bubblewrap itself."""

NO_CORE: Final = 1
"""Bytes of a core file: too few for one, and the number at which the kernel starts nobody."""
_CORE_PATTERN: Final = Path("/proc/sys/kernel/core_pattern")
_GREATEST_PRIORITY: Final = 10
_MS: Final = 1000


@dataclass(frozen=True, slots=True)
class Reached:
    """How one limit is kept: its value, by what, and how strongly."""

    max: int
    mechanism: str
    strength: Strength

    def as_json(self) -> dict[str, object]:
        """One member of the record's `limits`."""
        return {"max": self.max, "mechanism": self.mechanism, "strength": self.strength}


def asked_controllers(
    limits: Limits, hierarchies: Sequence[Hierarchy] = ()
) -> tuple[Controller, ...]:
    """The controllers that a plan needs; one more is asked for only where it is used.

    Args:
        limits: of the plan.
        hierarchies: of this host, for what is worth asking for only in some of them.
    """
    asked = throttles(limits) or (limits.disk.enforcement == "hard" and _count_late(hierarchies))
    return (*CONTROLLERS, IO) if asked else CONTROLLERS


def throttles(limits: Limits) -> bool:
    """Whether disks are slowed down for a plan, now or later."""
    return limits.disk.unit != "bytes" or limits.disk.enforcement == "soft"


def _count_late(hierarchies: Sequence[Hierarchy]) -> bool:
    """Whether a group knows what was written by processes of it that nobody can ask any more.

    What is written late is charged to its writer only where version 2 has memory beside io.
    """
    return any(one.version == NEW and {"memory", IO} <= {*one.controllers} for one in hierarchies)


def reach(
    plan: SandboxPlan, group: Group, identity: Identity, disks: Sequence[str], *, kept: bool = False
) -> dict[str, Reached]:
    """What keeps each limit of the plan on this host.

    Args:
        plan: how the command is confined.
        group: the launch's control group.
        identity: whom the command runs as.
        disks: numbers of the disks that the launch can reach.
        kept: whether the private directories outlive the launch.

    Raises:
        SandboxRefusedError: a limit is not kept as strongly as the plan needs.
    """
    limits = plan.limits
    reached = {
        "memory": _grouped(group, "memory", limits.memory.max, "rlimit per process", "sampled"),
        "pids": _grouped(
            group, "pids", limits.pids, "rlimit", "none" if identity.uid == 0 else "partial"
        ),
        "cpu": _grouped(group, "cpu", limits.cpu.max, "sampling", "sampled"),
        "disk": _disk(limits, group, disks),
        "network": Reached(
            limits.network.max, "proxy" if plan.network == RESTRICTED else "no route", "enforced"
        ),
        "wall_clock_ms": Reached(limits.wall_clock_ms, "shim", "enforced"),
        "output": Reached(limits.output, "shim", "enforced"),
    }
    if kept:
        reached[KEPT] = Reached(limits.tmp, "sampling", "sampled")
    _require(plan, reached, identity)
    _require_end(plan, group)
    return reached


def _grouped(
    group: Group, name: Controller, most: int, otherwise: str, strength: Strength
) -> Reached:
    if name in group.places:
        return Reached(most, f"cgroup v{group.places[name][0]}", "enforced")
    return Reached(most, otherwise, strength)


def _disk(limits: Limits, group: Group, disks: Sequence[str]) -> Reached:
    """A size is counted; a rate is throttled as far as the kernel knows who writes what."""
    disk = limits.disk
    version, path = group.places.get(IO, (0, None))
    # What is written late is charged to its writer only where version 2 has memory beside io.
    whole = version == NEW == group.places.get("memory", (0, None))[0]
    if disk.unit == "bytes":
        if whole:
            return Reached(disk.max, "rlimit per file, cgroup v2, sampling", "sampled")
        return Reached(disk.max, "rlimit per file; sampling of processes waited for", "partial")
    if path is None or not disks:
        rate = disk.unit == "bytes_per_second"
        return Reached(disk.max, "sampling" if rate else "none", "sampled" if rate else "none")
    if disk.unit == "weight":
        there = (path / weight_file(version)).exists()
        found = f"cgroup v{version}, under contention only" if there else "none"
        return Reached(disk.max, found, "partial" if there else "none")
    if whole:
        return Reached(disk.max, "cgroup v2", "enforced")
    return Reached(disk.max, f"cgroup v{version}, direct writes; sampling", "partial")


def _require(plan: SandboxPlan, reached: dict[str, Reached], identity: Identity) -> None:
    may_lack = "cgroup" in plan.degraded and identity.uid != 0
    for name in ("memory", "pids", "cpu"):
        if reached[name].strength != "enforced" and not may_lack:
            raise SandboxRefusedError(
                "sandbox.limit_not_enforceable",
                f"the limit on {name} needs a control group, and none can be made here",
                help_text=_GROUP_HELP,
            )
    if reached["disk"].strength == "none" and plan.limits.disk.enforcement == "hard":
        raise SandboxRefusedError(
            "sandbox.limit_not_enforceable",
            "a weight for `disk` cannot be enforced here",
            help_text="give `disk.max` as a size or a rate, or set its enforcement to `monitoring`",
        )


def _require_end(plan: SandboxPlan, group: Group) -> None:
    """Processes that no process 1 takes along need something else that ends them all."""
    key = "type: process" if plan.isolation == "process" else "process: shared"
    outlived = plan.isolation == "process" or plan.process == "shared"
    if outlived and "pids" not in group.places:
        raise SandboxRefusedError(
            "sandbox.limit_not_enforceable",
            f"`{key}` needs a control group to end what a command leaves running, and none can be"
            " made here",
            help_text="remove the key, or start wilkc where it may make control groups",
        )


def starter(limits: Limits, group: Group, identity: Identity) -> tuple[str, ...]:
    """The words before bubblewrap's own that give up root, and bind it and all it starts.

    A child that becomes somebody else by itself needs a copy of this process's memory, which
    takes the longer the more an agent holds; setpriv(1) needs none. Root in a container often
    may not change the limits of another user's process, so they are set by prlimit(1) on its
    way to becoming bubblewrap.
    """
    options = [f"--{name}={value}" for name, value in own_limits(limits, group).items()]
    step = niceness(limits)
    polite = (NICE, "-n", str(step)) if step else ()
    return (*_become(identity), PRLIMIT, *options, "--", *polite)


def _become(identity: Identity) -> tuple[str, ...]:
    if not identity.drop:
        return ()
    who = (f"--reuid={identity.uid}", f"--regid={identity.gid}", "--clear-groups")
    return (SETPRIV, *who, "--")


def niceness(limits: Limits) -> int:
    """How much a launch gives way to others; see nice(1)."""
    return 2 * (_GREATEST_PRIORITY - limits.priority)


def own_limits(limits: Limits, group: Group) -> dict[str, int]:
    """The resource limits of every single process: names as of prlimit(1) to values."""
    wanted = {"core": NO_CORE, "nofile": limits.open_files}
    largest = limits.file_size
    if limits.disk.unit == "bytes" and limits.disk.enforcement == "hard":
        largest = min(limits.disk.max, largest or limits.disk.max)
    if largest is not None:
        wanted["fsize"] = largest
    if limits.cpu_time_ms is not None:
        wanted["cpu"] = math.ceil(limits.cpu_time_ms / _MS)
    if "memory" not in group.places:
        # A limit that only warns still must not let one launch take the host down.
        hard = limits.memory.enforcement == "hard"
        wanted["as"] = limits.memory.max if hard else half_of_memory()
    return {name: _at_most(name, value) for name, value in wanted.items()}


def require_no_core(pattern: str | None = None, hard: int | None = None) -> None:
    """No crash of the command may start a program of the host, which would get its memory.

    Where `kernel.core_pattern` names one, only a limit of exactly 1 keeps the kernel from it;
    a limit that is 0 for good cannot be set to that (core(5)). A socket has no limit at all.

    Args:
        pattern: as of the host, for tests.
        hard: the hard limit of this process, for tests.

    Raises:
        SandboxRefusedError: one could.
    """
    pattern = _core_pattern() if pattern is None else pattern
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1] if hard is None else hard
    if pattern.startswith("@"):
        raise SandboxRefusedError(
            "sandbox.limit_not_enforceable",
            "a crash of the command would be told to a service of the host, by the socket that"
            " `kernel.core_pattern` names",
            help_text="let `kernel.core_pattern` name a file or a program",
        )
    if pattern.startswith("|") and hard == 0:
        raise SandboxRefusedError(
            "sandbox.limit_not_enforceable",
            "a crash of the command would start the program of `kernel.core_pattern`, as the hard"
            " limit on core files is 0 and not 1",
            help_text="start wilkc with a hard limit of 1 or more: `LimitCORE=1` in a unit,"
            " `--ulimit core=1` for a container",
        )


def _core_pattern() -> str:
    try:
        return _CORE_PATTERN.read_text("utf-8", "replace")
    except FileNotFoundError:  # of a kernel that writes none
        return ""


def limit_command(pid: int, limits: Limits, group: Group) -> None:
    """Bind the number of processes of the blocked command, where no group does it.

    The count holds inside the sandbox's own user namespace: set on bubblewrap itself it
    would count whatever else its user runs.

    Raises:
        SandboxRefusedError: this process may not.
    """
    if "pids" in group.places:
        return
    most = limits.pids + OWN_PROCESSES
    try:
        resource.prlimit(pid, resource.RLIMIT_NPROC, (most, most))
    except OSError as error:
        raise SandboxRefusedError(
            "sandbox.limit_not_enforceable",
            f"the number of processes cannot be limited: {error.strerror}",
            help_text=_GROUP_HELP,
        ) from error


def _at_most(name: str, value: int) -> int:
    """A limit already in force that is tighter stays: only root may raise one."""
    _, hard = resource.getrlimit(getattr(resource, f"RLIMIT_{name.upper()}"))
    return value if hard == resource.RLIM_INFINITY else min(value, hard)


def unkept(reached: Mapping[str, Reached]) -> frozenset[str]:
    """The resources that the kernel binds not at all, or in part: samples bind them."""
    return frozenset(name for name, one in reached.items() if one.strength != "enforced")
