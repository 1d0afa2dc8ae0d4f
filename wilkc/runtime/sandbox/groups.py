"""Control groups: one new group per launch, in version 2 or 1, whichever has it. Layer: runtime.

Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/ of the kernel. A group is made below
the shim's own, joined by bubblewrap before it reads its arguments, never used again and
removed afterwards.
"""

from __future__ import annotations

import errno
import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wilkc.runtime.sandbox.refusal import SandboxRefusedError

if TYPE_CHECKING:
    from wilkc.core.sandbox_plan import Limits

PREFIX: Final = "wilk-"
CONTROLLERS: Final = ("memory", "pids", "cpu")
LEAF: Final = "wilk-shim"
"""Where the shim steps aside to in a delegated group of version 2."""

OWN_PROCESSES: Final = 2
"""bubblewrap's two processes of a launch, which the plan's number does not count."""

_PERIOD_US: Final = 100_000
_SHARES: Final = 1024
_REMOVE_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Where new groups of some controllers can be made.

    Attributes:
        version: 1 or 2.
        parent: the shim's own group.
        controllers: those of `CONTROLLERS` that it has.
    """

    version: int
    parent: Path
    controllers: tuple[str, ...]


@dataclass(slots=True)
class Group:
    """The control group of one launch.

    Attributes:
        name: name of the directory, the same in every hierarchy.
        places: controller to version and directory; a controller that could not be had is
            not in it.
    """

    name: str
    places: dict[str, tuple[int, Path]] = field(default_factory=dict)

    def directories(self) -> set[Path]:
        """Every directory of the group."""
        return {path for _, path in self.places.values()}

    def join(self, pid: int) -> None:
        """Put a process into the group.

        Raises:
            SandboxRefusedError: the kernel refuses.
        """
        for path in sorted(self.directories()):
            _write(path / "cgroup.procs", str(pid))

    def apply(self, limits: Limits) -> None:
        """Set the limits; a soft or monitored quantity gets no hard kernel limit.

        Raises:
            SandboxRefusedError: the kernel refuses a value.
        """
        for controller, (version, path) in self.places.items():
            for name, value in _settings(controller, version, limits):
                _write(path / name, value)

    def throttle(self) -> None:
        """Slow the launch down to a fifth of a core, after a soft limit was crossed."""
        if "cpu" in self.places:
            version, path = self.places["cpu"]
            quota = _PERIOD_US // 5
            name, value = (
                ("cpu.max", f"{quota} {_PERIOD_US}") if version == 2  # noqa: PLR2004
                else ("cpu.cfs_quota_us", str(quota))
            )  # fmt: skip
            _write(path / name, value)

    def memory_kills(self) -> int:
        """How many processes of the group were killed for want of memory."""
        version, path = self.places.get("memory", (0, Path()))
        if not version:
            return 0
        return _counter(
            path / ("memory.oom_control" if version == 1 else "memory.events"), "oom_kill"
        )

    def pids_refused(self) -> int:
        """How often a new process was refused."""
        _, path = self.places.get("pids", (0, None))
        return 0 if path is None else _counter(path / "pids.events", "max")

    def memory_usage(self) -> int | None:
        """Bytes in use by the group, or None where they cannot be read."""
        version, path = self.places.get("memory", (0, Path()))
        name = "memory.usage_in_bytes" if version == 1 else "memory.current"
        return _number(path / name) if version else None

    def memory_peak(self) -> int | None:
        """The most bytes ever in use by the group, or None where they cannot be read."""
        version, path = self.places.get("memory", (0, Path()))
        name = "memory.max_usage_in_bytes" if version == 1 else "memory.peak"
        return _number(path / name) if version else None

    def kill(self) -> None:
        """Kill whatever is still in the group."""
        for path in self.directories():
            with suppress(OSError):
                (path / "cgroup.kill").write_text("1")
            for pid in _members(path):
                with suppress(OSError):
                    os.kill(pid, signal.SIGKILL)

    def remove(self) -> list[str]:
        """Remove the group; what could not be removed is returned with the reason."""
        failures = []
        for path in sorted(self.directories()):
            reason = remove_directory(path)
            if reason:
                failures.append(reason)
        return failures


def _settings(controller: str, version: int, limits: Limits) -> list[tuple[str, str]]:
    new = version == 2  # noqa: PLR2004  # the version itself
    if controller == "pids":
        return [("pids.max", str(limits.pids + OWN_PROCESSES))]
    if controller == "cpu":
        quota = limits.cpu.max * _PERIOD_US // 100
        weight = limits.priority * 10
        if limits.cpu.enforcement == "monitoring":
            quota = -1
        return (
            [("cpu.max", f"{quota if quota > 0 else 'max'} {_PERIOD_US}"),
             ("cpu.weight", str(weight))]
            if new
            else [("cpu.cfs_period_us", str(_PERIOD_US)), ("cpu.cfs_quota_us", str(quota)),
                  ("cpu.shares", str(max(2, _SHARES * weight // 100)))]
        )  # fmt: skip
    return _memory_settings(limits, new=new)


def _memory_settings(limits: Limits, *, new: bool) -> list[tuple[str, str]]:
    hard = limits.memory.enforcement == "hard"
    # A limit that only warns still must not let one launch take the host down.
    most = limits.memory.max if hard else _half_of_memory()
    if not new:
        return [("memory.limit_in_bytes", str(most)), ("memory.memsw.limit_in_bytes", str(most))]
    settings = [("memory.max", str(most)), ("memory.swap.max", "0"), ("memory.oom.group", "1")]
    if limits.memory.enforcement == "soft":
        settings.append(("memory.high", str(limits.memory.max)))
    return settings


_OPTIONAL: Final = frozenset(
    {"memory.memsw.limit_in_bytes", "memory.swap.max", "memory.oom.group", "cpu.weight"}
)
"""Settings that kernels without swap accounting or older than 4.19 do not have."""


def find_hierarchies(own: str | None = None, mounts: str | None = None) -> tuple[Hierarchy, ...]:
    """Where the kernel has the controllers for this process.

    Args:
        own: text of `/proc/self/cgroup`, for tests.
        mounts: text of `/proc/self/mounts`, for tests.
    """
    own = Path("/proc/self/cgroup").read_text() if own is None else own
    mounts = Path("/proc/self/mounts").read_text() if mounts is None else mounts
    groups = {names: path for _, names, path in (line.split(":", 2) for line in own.splitlines())}
    found = []
    for line in mounts.splitlines():
        _, point, kind, options, *_ = line.split(" ")
        if kind == "cgroup2" and "" in groups:
            parent = _below(point, groups[""].removesuffix(f"/{LEAF}"))
            has = set(_words(parent / "cgroup.controllers"))
            found.append(Hierarchy(2, parent, _of(has)))
        elif kind == "cgroup":
            names = set(options.split(","))
            group = next((path for key, path in groups.items() if names & set(key.split(","))), "/")
            found.append(Hierarchy(1, _below(point, group), _of(names)))
    found = [one for one in found if one.controllers]
    return tuple(sorted(found, key=lambda one: -one.version))


def _of(names: set[str]) -> tuple[str, ...]:
    return tuple(controller for controller in CONTROLLERS if controller in names)


def make_group(name: str, hierarchies: tuple[Hierarchy, ...]) -> Group:
    """Make the directories of a new group, as far as they can be had.

    Args:
        name: unique name, beginning with `PREFIX`.
        hierarchies: from `find_hierarchies`; the first that has a controller serves it.
    """
    group = Group(name)
    for hierarchy in hierarchies:
        wanted = [c for c in hierarchy.controllers if c not in group.places]
        if not wanted:
            continue
        path = hierarchy.parent / name
        try:
            if hierarchy.version == 2:  # noqa: PLR2004  # the version itself
                _delegate(hierarchy.parent, wanted)
            path.mkdir()
        except OSError:
            continue
        group.places.update(dict.fromkeys(wanted, (hierarchy.version, path)))
    return group


def remove_directory(path: Path) -> str:
    """Remove one group; the answer is why it could not be done, or empty."""
    deadline = time.monotonic() + _REMOVE_SECONDS
    while True:
        try:
            path.rmdir()
        except FileNotFoundError:
            return ""
        except OSError as error:
            # The kernel lets go of dead members a moment after their parent was told.
            if error.errno != errno.EBUSY or time.monotonic() > deadline:
                return f"{path}: {error.strerror}"
            time.sleep(0.005)
        else:
            return ""


def _delegate(parent: Path, controllers: list[str]) -> None:
    """Version 2: children get controllers only from a group without members of its own."""
    given = _words(parent / "cgroup.subtree_control")
    text = " ".join(f"+{c}" for c in controllers if c not in given)
    if not text:
        return
    try:
        (parent / "cgroup.subtree_control").write_text(text)
    except OSError as error:
        # A delegated scope holds nobody but the shim, which can step aside into a leaf.
        if error.errno != errno.EBUSY or _members(parent) != [os.getpid()]:
            raise
        leaf = parent / LEAF
        leaf.mkdir(exist_ok=True)
        (leaf / "cgroup.procs").write_text(str(os.getpid()))
        (parent / "cgroup.subtree_control").write_text(text)


def _below(point: str, group: str) -> Path:
    path = Path(point) / group.lstrip("/")
    return path if path.is_dir() else Path(point)


def _words(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except OSError:
        return []


def _members(path: Path) -> list[int]:
    return [int(word) for word in _words(path / "cgroup.procs")]


def _number(path: Path) -> int | None:
    words = _words(path)
    return int(words[0]) if words and words[0].isdecimal() else None


def _counter(path: Path, name: str) -> int:
    words = _words(path)
    pairs = dict(zip(words[::2], words[1::2], strict=False))
    return int(pairs.get(name, "0"))


def _half_of_memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


def _write(path: Path, value: str) -> None:
    try:
        path.write_text(value)
    except OSError as error:
        if path.name in _OPTIONAL:
            return
        raise SandboxRefusedError(
            "sandbox.limit_not_enforceable", f"`{path}` does not take `{value}`: {error.strerror}"
        ) from error
