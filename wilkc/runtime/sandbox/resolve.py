"""From a path of the policy to an open descriptor. Layer: runtime.

Every component is opened with O_PATH and O_NOFOLLOW, so that nothing is followed unseen. The
descriptor is handed to bubblewrap and compared again before the command starts: what was
judged is what is mounted.
"""

from __future__ import annotations

import errno
import os
import stat
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.runtime.sandbox.acting import (
    WALK,
    change_within,
    make_directory,
    make_file,
    open_way,
)
from wilkc.runtime.sandbox.descriptors import close_all, let_go
from wilkc.runtime.sandbox.obeyed import COMMONDIR, ITSELF
from wilkc.runtime.sandbox.refusal import SandboxRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wilkc.runtime.sandbox.hands import Owner


MAX_LINKS: Final = 40
"""Symbolic links on one way, as in the kernel (path_resolution(7))."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A resolved path.

    Attributes:
        path: real absolute path, free of links.
        fd: O_PATH descriptor of what it names; owned by whoever asked for it.
        device: device number of the file.
        inode: inode number of the file.
        directory: whether it is a directory.
        regular: whether it is a regular file.
    """

    path: str
    fd: int
    device: int
    inode: int
    directory: bool
    regular: bool


def open_real(path: str, top: str = "/") -> Opened | None:
    """Open an absolute path component by component, resolving links on the way.

    Args:
        path: absolute path.
        top: the directory that `/` means, for links too.

    Returns:
        What it leads to, or None if a component does not exist.

    Raises:
        SandboxRefusedError: a cycle of links, or a component that cannot be entered.
    """
    trail = _Trail(top)
    try:
        _follow(trail, path)
        return _opened(trail.path, os.dup(trail.fds[-1]))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _refused(path, error.strerror or str(error)) from error
    finally:
        for fd in trail.fds:
            os.close(fd)


class _Trail:
    """The directories on the way so far, each held open."""

    def __init__(self, top: str) -> None:
        # The root of another process is itself a link, which is to be followed.
        self.fds = [os.open(top, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)]
        self.names: list[str] = []

    @property
    def path(self) -> str:
        return "/" + "/".join(self.names)

    def up(self) -> None:
        if self.names:
            self.names.pop()
            os.close(self.fds.pop())

    def restart(self) -> None:
        while self.names:
            self.up()

    def down(self, name: str) -> str | None:
        """Enter a component; a link is not entered, its target is returned instead."""
        entry = os.open(name, WALK, dir_fd=self.fds[-1])
        if stat.S_ISLNK(os.fstat(entry).st_mode):
            try:
                return os.readlink("", dir_fd=entry)
            finally:
                os.close(entry)
        self.fds.append(entry)
        self.names.append(name)
        return None


def _follow(trail: _Trail, path: str) -> None:
    todo = deque(path.split("/"))
    links = 0
    while todo:
        part = todo.popleft()
        if part == "..":
            trail.up()
        elif part not in {"", "."}:
            target = trail.down(part)
            if target is not None:
                links += 1
                if links > MAX_LINKS:
                    raise OSError(errno.ELOOP, "it runs in a circle of links")
                if target.startswith("/"):
                    trail.restart()
                todo.extendleft(reversed(target.split("/")))


def _opened(path: str, fd: int) -> Opened:
    status = os.fstat(fd)
    return Opened(
        path, fd, status.st_dev, status.st_ino,
        stat.S_ISDIR(status.st_mode), stat.S_ISREG(status.st_mode),
    )  # fmt: skip


def _refused(path: str, why: str) -> SandboxRefusedError:
    return SandboxRefusedError("sandbox.precondition", f"`{path}` cannot be mounted: {why}")


def make_missing(
    path: str,
    before: Callable[[list[str]], None],
    *,
    directory: bool,
    uid: int,
    gid: int,
) -> list[str]:
    """Make a path that a write rule names and that is not there, with what leads to it.

    Each component is made below the descriptor of the one before it, the last one with O_EXCL
    and O_NOFOLLOW; whatever appears there meanwhile is not touched.

    Args:
        path: absolute path.
        before: is told the real paths that will be made, outermost first, before any is; what it
            raises keeps them from being made.
        directory: whether the last component is one.
        uid: whom they are given to, by root.
        gid: the group of that.

    Returns:
        The real paths that were made, outermost first.

    Raises:
        SandboxRefusedError: it cannot be made.
    """
    parent, missing = _missing(path)
    held, alone = [parent.fd], False
    made: list[str] = []
    try:
        if missing:
            before(_steps(parent.path, missing))
            here, alone = open_way(parent.path)
            held.append(here)
        for name, step in zip(missing, _steps(parent.path, missing), strict=True):
            # Below what was just made, wherever that is by now: its name may have become a link.
            last = len(made) == len(missing) - 1
            how = directory or not last
            held.append(_make(held[-1], name, (uid, gid), alone=alone, directory=how))
            made.append(step)
    except OSError as error:
        remove_made(made, (uid, gid))
        raise _refused(path, error.strerror or str(error)) from error
    finally:
        close_all(held)
    return made


def stand_in(path: str, content: bytes, uid: int, gid: int) -> None:
    """Make a file for a mask to stand on that programs of the host can read meanwhile.

    What bubblewrap makes there is empty. Where something is there already it stays.

    Raises:
        OSError: it cannot be made.
    """
    top, _, name = path.rpartition("/")
    parent, alone = open_way(top)
    try:
        file = _make(parent, name, (uid, gid), alone=alone, directory=False)
    except FileExistsError:
        return
    finally:
        os.close(parent)
    try:
        os.write(file, content)
    finally:
        os.close(file)


def _missing(path: str) -> tuple[Opened, list[str]]:
    """The last directory on a way that is there, and the names that are missing below it."""
    parts = [part for part in path.split("/") if part]
    for depth in range(len(parts), -1, -1):
        opened = open_real("/" + "/".join(parts[:depth]))
        if opened is not None:
            return opened, parts[depth:]
    raise _refused(path, "its directory vanished")


def _steps(top: str, parts: Sequence[str]) -> list[str]:
    return ["/".join((top.rstrip("/"), *parts[:count])) for count in range(1, len(parts) + 1)]


def _make(parent: int, name: str, owner: Owner, *, alone: bool, directory: bool) -> int:
    """Make one name; the answer is a descriptor of what was made."""
    if directory:
        return make_directory(parent, name, owner, alone=alone, mode=0o755)
    return make_file(parent, name, owner, alone=alone)


def remove_made(paths: list[str], owner: Owner | None = None) -> list[str]:
    """Remove what a launch made, innermost first, if it is still empty.

    Args:
        paths: real paths, outermost first.
        owner: user and group that the command ran as; None where nobody knows.

    Returns:
        What could not be removed although it is empty, with the reason.
    """
    failures = []
    held: list[int] = []
    for path in reversed(paths):
        try:
            _remove_if_empty(path, owner, held)
        except OSError as error:
            if error.errno not in {errno.ENOTEMPTY, errno.ENOENT, errno.EEXIST, errno.ENOTDIR}:
                failures.append(f"{path}: {error.strerror}")
    let_go(held)
    return failures


def _is_empty(name: str, parent: int, status: os.stat_result) -> bool:
    """Whether a file holds nothing, or only what `stand_in` gives it."""
    if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
        return False
    if name != COMMONDIR or status.st_size != len(ITSELF):
        return status.st_size == 0
    file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=parent)
    try:
        return os.read(file, len(ITSELF)) == ITSELF
    finally:
        os.close(file)


def _remove_if_empty(path: str, owner: Owner | None, held: list[int]) -> None:
    top, _, name = path.rpartition("/")
    parent, alone = open_way(top)
    try:
        change_within(parent, owner, lambda: _remove_entry(parent, name, held), alone=alone)
    finally:
        os.close(parent)


def _remove_entry(parent: int, name: str, held: list[int]) -> None:
    status = os.stat(name, dir_fd=parent, follow_symlinks=False)
    if stat.S_ISDIR(status.st_mode):
        held.append(os.open(name, WALK | os.O_DIRECTORY, dir_fd=parent))
        os.rmdir(name, dir_fd=parent)
    elif _is_empty(name, parent, status):
        os.unlink(name, dir_fd=parent)
