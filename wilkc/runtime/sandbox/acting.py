"""Doing something to files with no more rights than whom a command runs as. Layer: runtime.

Root may do everything everywhere. What it does among files that somebody else can move about it
does as that user: whatever is put in the place of what was meant, by then or meanwhile, nothing
happens to it that the user could not have done alone.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeVar

from wilkc.core.files import OTHERS_WRITE
from wilkc.runtime.sandbox.closed import open_to_owner
from wilkc.runtime.sandbox.hands import acting_as

if TYPE_CHECKING:
    from collections.abc import Callable

    from wilkc.runtime.sandbox.hands import Owner

Answer = TypeVar("Answer")

WALK: Final = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
"""How what is on a way is opened, so that nothing is followed unseen."""
_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def open_way(path: str) -> tuple[int, bool]:
    """Open a directory by its real path, and say whether only root could have changed the way.

    Whatever has become a link meanwhile is not followed. A directory that was moved into the
    place of another one is no link: that nobody but root could do so the owners and the modes of
    all directories above it tell, and in a sticky one (inode(7)) that of what is in it.

    Returns:
        A descriptor, and whether it is what it was for certain, as far as others than root go.

    Raises:
        OSError: a component is not there, or is no directory.
    """
    here, alone = os.open("/", WALK | os.O_DIRECTORY), True
    for part in filter(None, path.split("/")):
        above = here
        try:
            here = os.open(part, WALK | os.O_DIRECTORY, dir_fd=above)
            alone = alone and is_held(above, here)
        finally:
            os.close(above)
    return here, alone


def is_held(above: int, entry: int) -> bool:
    """Whether only root can put something else in the place of an entry of a directory.

    Args:
        above: descriptor of the directory.
        entry: descriptor of what is in it.
    """
    status = os.fstat(above)
    if status.st_uid != 0:
        return False
    sticky = status.st_mode & stat.S_ISVTX and os.fstat(entry).st_uid == 0
    return bool(sticky) or not status.st_mode & OTHERS_WRITE


def make_directory(  # noqa: PLR0913  # what a directory is made of
    parent: int, name: str, owner: Owner, *, alone: bool, mode: int, given: bool = True
) -> int:
    """Make a directory that belongs to a user, and open it.

    Args:
        parent: descriptor of the directory that it is made in.
        name: of what is not there.
        owner: whom it belongs to.
        alone: whether only root could have put `parent` where it was found.
        mode: its mode.
        given: whether what its owner may not make is given to it; else it stays its maker's.

    Returns:
        A descriptor of it.

    Raises:
        OSError: it cannot be made, or nobody could say that what is there was made.
    """

    def made() -> int:
        os.mkdir(name, mode, dir_fd=parent)
        return os.open(name, _DIRECTORY, dir_fd=parent)

    return _made(parent, owner, made, alone=alone, given=given)


def make_file(parent: int, name: str, owner: Owner, *, alone: bool) -> int:
    """Make an empty file that belongs to a user; see `make_directory`."""

    def made() -> int:
        return os.open(name, _NEW, 0o644, dir_fd=parent)

    return _made(parent, owner, made, alone=alone)


def _made(
    parent: int, owner: Owner, made: Callable[[], int], *, alone: bool, given: bool = True
) -> int:
    """What its owner makes, or, where it may not, who may: then it is given away.

    Between making a directory and opening it, whoever may write around it can put another one in
    its place. Only what belongs to its maker is given away; and root makes something only where
    nobody else may write.
    """
    if os.geteuid() != 0 or owner[0] == 0:
        return made()
    with suppress(PermissionError):
        return acting_as(*owner, made)
    status = os.fstat(parent)
    if status.st_uid == 0 and (not alone or status.st_mode & OTHERS_WRITE):
        raise _not_roots()
    fd = acting_as(status.st_uid, status.st_gid, made)
    try:
        if os.fstat(fd).st_uid != status.st_uid:
            raise _not_roots()
        if given:
            os.fchown(fd, *owner)
    except OSError:
        os.close(fd)
        raise
    return fd


def change_within(
    parent: int, owner: Owner | None, change: Callable[[], Answer], *, alone: bool
) -> Answer:
    """Rename or remove something in a directory, by no more rights than one who may has.

    Args:
        parent: descriptor of the directory.
        owner: whom the command ran as; None where nobody knows.
        change: what is done.
        alone: whether only root could have put the directory where it was found: then root does.

    Raises:
        OSError: it cannot be done.
    """
    if os.geteuid() != 0 or alone:
        return change()
    if owner is not None:
        with suppress(PermissionError):
            return acting_as(*owner, change)
    status = os.fstat(parent)
    if status.st_uid == 0:
        raise _not_roots()
    # Its owner may have closed it to itself.
    open_to_owner(parent, status.st_uid)
    return acting_as(status.st_uid, status.st_gid, change)


def _not_roots() -> PermissionError:
    return PermissionError(errno.EACCES, "others could have put it in another's place")
