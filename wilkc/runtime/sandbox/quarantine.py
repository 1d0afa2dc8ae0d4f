"""Moving away what policy denies, or could not judge, after a launch. Layer: runtime.

Everything goes by descriptors of real directories, and by the rights of whom the command ran as:
whoever may write in the tree cannot have something else moved, nor by its name or its rights keep
it where it is. Root moves something itself only out of directories that are its own.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wilkc.runtime.sandbox.acting import (
    WALK,
    is_held,
    make_directory,
    open_way,
)
from wilkc.runtime.sandbox.closed import open_to_owner
from wilkc.runtime.sandbox.hands import acting_as

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wilkc.runtime.sandbox.hands import Owner
    from wilkc.runtime.sandbox.identity import Identity

QUARANTINE: Final = ".wilk-quarantine"
_NAME_LENGTH: Final = 120
"""Bytes of a name in quarantine, with its number; a file system takes 255 (NAME_MAX)."""
_ELSEWHERE: Final = frozenset(
    {errno.EXDEV, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM}
)
"""Why something could not be moved beside the tree, and may be where it lies."""
_OPEN: Final = WALK | os.O_DIRECTORY


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
    _source: tuple[str, int, bool] | None = None

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

    def _rename(self, last: str, found: tuple[int, bool], target: int) -> None:
        # Cut as bytes: what a file system counts, and a name may have more of them than letters.
        name = os.fsdecode(os.fsencode(f"{self.count:04d}-{last}")[:_NAME_LENGTH])
        source, alone = found

        def renamed() -> None:
            os.rename(last, name, src_dir_fd=source, dst_dir_fd=target)

        try:
            self._as_command(renamed)
        except PermissionError:
            # rename(2) has to write in the directory, and in one that is moved itself.
            open_to_owner(source, self.identity.uid)
            self._open_entry(last, source)
            if alone and os.fstat(source).st_uid == 0:
                renamed()
            else:
                self._as_command(renamed)

    def _open_entry(self, last: str, source: int) -> None:
        with suppress(NotADirectoryError):
            fd = os.open(last, _OPEN, dir_fd=source)
            try:
                open_to_owner(fd, self.identity.uid)
            finally:
                os.close(fd)

    @property
    def _owner(self) -> Owner:
        return self.identity.uid, self.identity.gid

    def _as_command(self, act: Callable[[], None]) -> None:
        acting_as(*self._owner, act)

    def _opened(self, top: str) -> tuple[int, bool]:
        """The directory that a path is in; the last one is kept, as many follow from it."""
        if self._source is None or self._source[0] != top:
            if self._source is not None:
                os.close(self._source[1])
                self._source = None
            self._source = (top, *open_way(top))
        return self._source[1:]

    def _target(self, tree: str) -> int:
        beside = tree.rpartition("/")[0] or "/"
        if beside not in self._targets:
            self._targets[beside] = self._made(beside)
        return self._targets[beside]

    def _made(self, beside: str) -> int:
        """The directory of this launch, in one that those of other users may be in as well."""
        here, alone = open_way(beside)
        held = [here]
        try:
            held.append(self._outer(here, alone=alone))
            return self._inner(held[1], alone=alone and is_held(*held))
        finally:
            for fd in held:
                os.close(fd)

    def _outer(self, here: int, *, alone: bool) -> int:
        with suppress(FileExistsError):
            return make_directory(
                here, QUARANTINE, self._owner, alone=alone, mode=0o755, given=False
            )
        return os.open(QUARANTINE, _OPEN, dir_fd=here)

    def _inner(self, outer: int, *, alone: bool) -> int:
        with suppress(FileExistsError):
            return make_directory(outer, self.launch, self._owner, alone=alone, mode=0o700)
        fd = os.open(self.launch, _OPEN, dir_fd=outer)
        if os.fstat(fd).st_uid != self.identity.uid:
            os.close(fd)
            raise PermissionError(errno.EPERM, "its place in quarantine belongs to somebody else")
        return fd


def outermost(paths: list[str]) -> list[str]:
    """Of real paths those that lie below no other one of them."""
    found = set(paths)
    return [path for path in paths if found.isdisjoint(above(path))]


def above(path: str) -> Iterator[str]:
    """The directories that a real path lies in, the nearest first."""
    while path := path.rpartition("/")[0]:
        yield path
