"""Control groups: one new group per launch, in version 2 or 1, whichever has it. Layer: runtime.

Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/ of the kernel. A group is made below
the shim's own, joined by bubblewrap before it reads its arguments, never used again and
removed afterwards.
"""

from __future__ import annotations

import errno
import os
import stat
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wilkc.runtime.sandbox.controls import NEW, OPTIONAL, settings
from wilkc.runtime.sandbox.killing import kill_those
from wilkc.runtime.sandbox.refusal import SandboxRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wilkc.core.sandbox_plan import Limits
    from wilkc.runtime.sandbox.controls import Controller, Setting

PREFIX: Final = "wilk-"
CONTROLLERS: Final[tuple[Controller, ...]] = ("memory", "pids", "cpu")
"""What every launch asks for."""
IO: Final[Controller] = "io"
"""Asked for beside them by plans that limit how fast disks are used."""
LEAF: Final = "wilk-shim"
"""Where the shim steps aside to in a delegated group of version 2."""

_OLD_NAMES: Final[Mapping[Controller, str]] = {
    "memory": "memory", "pids": "pids", "cpu": "cpu", "io": "blkio",
}  # fmt: skip
_REMOVE_SECONDS: Final = 2.0
_LOOK_SECONDS: Final = 0.005


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Where new groups of some controllers can be made.

    Attributes:
        version: 1 or 2.
        parent: the shim's own group.
        controllers: those of a launch that it has.
    """

    version: int
    parent: Path
    controllers: tuple[Controller, ...]


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
            write_control(path / "cgroup.procs", str(pid))

    def apply(self, limits: Limits, disks: Sequence[str]) -> None:
        """Set the limits; a soft or monitored quantity gets no hard kernel limit.

        Args:
            limits: of the plan.
            disks: numbers of the disks that the launch can reach.

        Raises:
            SandboxRefusedError: the kernel refuses a value.
        """
        for controller in (*CONTROLLERS, IO):
            if controller in self.places:
                version, _ = self.places[controller]
                self.set(controller, settings(controller, version, limits, disks))

    def set(self, controller: Controller, wanted: Iterable[Setting]) -> None:
        """Write control files of a controller that the group has.

        Raises:
            SandboxRefusedError: the kernel refuses a value.
        """
        _, path = self.places[controller]
        for name, value in wanted:
            write_control(path / name, value)

    def expect(self) -> None:
        """Have the kernel get ready for a member, while something else is done.

        Before a process may move between groups of version 1, the kernel waits until nobody
        forks or ends unseen (`cgroup_threadgroup_rwsem`, a grace period of RCU), and for a while
        after that it need not wait again. A thread that moves to where it is makes it wait; no
        other thread is touched, and where that cannot be done the member waits as it would have.
        """
        old = next((path for version, path in self.places.values() if version != NEW), None)
        if old is not None:
            with suppress(RuntimeError):  # no more threads
                threading.Thread(target=_stay, args=(old.parent,), daemon=True).start()

    def memory_kills(self) -> int:
        """How many processes of the group were killed for want of memory."""
        version, path = self.places.get("memory", (0, Path()))
        if not version:
            return 0
        name = "memory.events" if version == NEW else "memory.oom_control"
        return counters(path / name).get("oom_kill", 0)

    def pids_refused(self) -> int:
        """How often a new process was refused."""
        _, path = self.places.get("pids", (0, None))
        return 0 if path is None else counters(path / "pids.events").get("max", 0)

    def memory_peak(self) -> int | None:
        """The most bytes ever in use by the group, or None where they cannot be read."""
        version, path = self.places.get("memory", (0, Path()))
        name = "memory.peak" if version == NEW else "memory.max_usage_in_bytes"
        return number(path / name) if version else None

    def kill(self) -> None:
        """Kill whatever is still in the group."""
        for path in self.directories():
            with suppress(OSError):
                (path / "cgroup.kill").write_text("1")
            kill_those(partial(_members, path))

    def end(self) -> None:
        """Kill all members, also those that go on making others, as far as time allows.

        Version 1 kills one at a time; nobody can make another where no more are allowed.
        """
        _, path = self.places.get("pids", (0, None))
        if path is not None:
            with suppress(OSError):
                (path / "pids.max").write_text("0")
        deadline = time.monotonic() + _REMOVE_SECONDS
        while any(map(_members, self.directories())) and time.monotonic() < deadline:
            self.kill()
            time.sleep(_LOOK_SECONDS)

    def remove(self) -> list[str]:
        """Remove the group; what could not be removed is returned with the reason."""
        failures = []
        for path in sorted(self.directories()):
            reason = remove_directory(path)
            if reason:
                failures.append(reason)
        return failures


def _stay(group: Path) -> None:
    with suppress(OSError):
        fd = os.open(group / "tasks", os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(fd, str(threading.get_native_id()).encode("ascii"))
        finally:
            os.close(fd)


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
            has = {one for one, old in _OLD_NAMES.items() if old in names}
            found.append(Hierarchy(1, _below(point, group), _of(has)))
    found = [one for one in found if one.controllers]
    return tuple(sorted(found, key=lambda one: -one.version))


def _of(names: Iterable[str]) -> tuple[Controller, ...]:
    held = set(names)
    return tuple(controller for controller in (*CONTROLLERS, IO) if controller in held)


def make_group(
    name: str,
    hierarchies: tuple[Hierarchy, ...],
    asked: Sequence[Controller] = CONTROLLERS,
) -> Group:
    """Make the directories of a new group, as far as they can be had.

    Args:
        name: unique name, beginning with `PREFIX`.
        hierarchies: from `find_hierarchies`; the first that has a controller serves it.
        asked: controllers that are wanted; each costs a moment when the group is joined.
    """
    group = Group(name)
    for hierarchy in hierarchies:
        wanted = [one for one in hierarchy.controllers if one in asked and one not in group.places]
        if not wanted:
            continue
        path = hierarchy.parent / name
        try:
            if hierarchy.version == NEW:
                _delegate(hierarchy.parent, wanted)
            path.mkdir()
        except OSError:
            continue
        group.places.update(dict.fromkeys(wanted, (hierarchy.version, path)))
    return group


def is_group(path: Path) -> bool:
    """Whether a path is a control group of the kernel's, and no directory that looks like one."""
    mounts = [line.split(" ") for line in Path("/proc/self/mounts").read_text().splitlines()]
    try:
        status = path.lstat()
        kernels = {
            os.stat(point).st_dev  # noqa: PTH116  # beside the other calls of this module
            for _, point, kind, *_ in mounts
            if kind in {"cgroup", "cgroup2"}
        }
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_dev in kernels


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
            time.sleep(_LOOK_SECONDS)
        else:
            return ""


def _delegate(parent: Path, controllers: Sequence[str]) -> None:
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


def number(path: Path) -> int | None:
    """The number in a control file, or None where it cannot be read."""
    words = _words(path)
    return int(words[0]) if words and words[0].isdecimal() else None


def counters(path: Path) -> dict[str, int]:
    """The counters of a control file of names and numbers; what cannot be read is left out."""
    words = _words(path)
    pairs = zip(words[::2], words[1::2], strict=False)
    return {name: int(value) for name, value in pairs if value.isdecimal()}


def write_control(path: Path, value: str) -> None:
    """Write one control file; what some kernels do not have may fail.

    Raises:
        SandboxRefusedError: the kernel refuses the value.
    """
    try:
        path.write_text(value)
    except OSError as error:
        if path.name in OPTIONAL:
            return
        raise SandboxRefusedError(
            "sandbox.limit_not_enforceable", f"`{path}` does not take `{value}`: {error.strerror}"
        ) from error
