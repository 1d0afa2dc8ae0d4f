"""Moving away what policy denies, or could not judge, after a launch. Layer: runtime.

Everything goes by descriptors of real directories: whoever may write in the tree cannot have
something else moved, nor by its name or its rights keep it where it is.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wilkc.runtime.sandbox.closed import open_to_owner
from wilkc.runtime.sandbox.resolve import open_exactly

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.runtime.sandbox.identity import Identity

QUARANTINE: Final = ".wilk-quarantine"
_NAME_LENGTH: Final = 120
"""Bytes of a name in quarantine, with its number; a file system takes 255 (NAME_MAX)."""
_ELSEWHERE: Final = frozenset(
    {errno.EXDEV, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM}
)
"""Why something could not be moved beside the tree, and may be where it lies."""
_DIRECTORY: Final = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(slots=True)
class Quarantine:
    """Where denied paths of one launch go: beside each tree, or themselves; closed to others.

    Attributes:
        launch: id of the launch.
        identity: whom it ran as, and whom everything moved belongs to.
        count: how many paths were moved so far.
    """

    launch: str
    identity: Identity
    count: int = 0
    _targets: dict[str, int] = field(default_factory=dict)
    _source: tuple[str, int] | None = None

    def move(self, path: str, tree: str) -> str:
        """Move one path away.

        Args:
            path: real path.
            tree: the writable tree that it lies in.

        Returns:
            Why it could not be moved, or empty.
        """
        top, _, last = path.rpartition("/")
        try:
            try:
                self._rename(last, self._opened(top), self._target(tree))
            except OSError as error:
                if error.errno not in _ELSEWHERE:
                    raise
                # Another file system, or mount, begins on the way: what lies beside it is on it.
                self._rename(last, self._opened(top), self._target(path))
        except OSError as error:
            return error.strerror or str(error)
        self.count += 1
        return ""

    def close(self) -> None:
        """Close every descriptor."""
        for fd in (*self._targets.values(), *([] if self._source is None else [self._source[1]])):
            os.close(fd)
        self._targets, self._source = {}, None

    def _rename(self, last: str, source: int, target: int) -> None:
        # Cut as bytes: what a file system counts, and a name may have more of them than letters.
        name = os.fsdecode(os.fsencode(f"{self.count:04d}-{last}")[:_NAME_LENGTH])
        try:
            os.rename(last, name, src_dir_fd=source, dst_dir_fd=target)
        except PermissionError:
            # rename(2) has to write in the directory, and in one that is moved itself.
            open_to_owner(source, self.identity.uid)
            with suppress(NotADirectoryError):
                fd = os.open(last, os.O_PATH | _DIRECTORY, dir_fd=source)
                try:
                    open_to_owner(fd, self.identity.uid)
                finally:
                    os.close(fd)
            os.rename(last, name, src_dir_fd=source, dst_dir_fd=target)

    def _opened(self, top: str) -> int:
        """The directory that a path is in; the last one is kept, as many follow from it."""
        if self._source is not None:
            if self._source[0] == top:
                return self._source[1]
            os.close(self._source[1])
            self._source = None
        self._source = (top, open_exactly(top))
        return self._source[1]

    def _target(self, tree: str) -> int:
        beside = tree.rpartition("/")[0] or "/"
        if beside not in self._targets:
            self._targets[beside] = self._made(beside)
        return self._targets[beside]

    def _made(self, beside: str) -> int:
        here = open_exactly(beside)
        for name in (QUARANTINE, self.launch):
            above = here
            try:
                with suppress(FileExistsError):
                    os.mkdir(name, 0o700, dir_fd=above)
                here = os.open(name, os.O_RDONLY | _DIRECTORY, dir_fd=above)
            finally:
                os.close(above)
            self._give(here)
        return here

    def _give(self, directory: int) -> None:
        try:
            if self.identity.drop:
                os.fchown(directory, self.identity.uid, self.identity.gid)
        except OSError:
            os.close(directory)
            raise


def outermost(paths: list[str]) -> list[str]:
    """Of real paths those that lie below no other one of them."""
    found = set(paths)
    return [path for path in paths if found.isdisjoint(above(path))]


def above(path: str) -> Iterator[str]:
    """The directories that a real path lies in, the nearest first."""
    while path := path.rpartition("/")[0]:
        yield path
