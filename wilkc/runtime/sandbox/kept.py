"""Private directories that outlive a launch: of one agent in one session. Layer: runtime.

`isolation.context: shared` keeps `/tmp` and the home directory beside the state directory. Who
runs as another user, is another agent or works in another session has others. Nothing of Wilk
reads what lies in them; their size is not bounded by a mount but looked at, and what is too large
when a launch begins is emptied, as is what nobody has used for a day.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wilkc.core.locks import require_lock, take_lock
from wilkc.runtime.sandbox.closed import open_to_owner
from wilkc.runtime.sandbox.emptying import open_own, remove_below, remove_tree
from wilkc.runtime.sandbox.environment import TMP
from wilkc.runtime.sandbox.refusal import SandboxRefusedError
from wilkc.runtime.sandbox.state import state_directory
from wilkc.runtime.sandbox.view import Lent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.runtime.sandbox.binds import Bases
    from wilkc.runtime.sandbox.identity import Identity
    from wilkc.runtime.sandbox.job import Job

KEPT_SECONDS: Final = 86_400
"""Without a launch that uses them."""
MAX_ENTRIES: Final = 100_000
"""Files and directories; more of them are as too large as too many bytes."""
_ONE: Final = "launch-"
"""Before the name of what is kept for one launch alone."""
_ORPHAN_SECONDS: Final = 60
"""After which what a killed launch left is taken for left: it may just be about to be held."""
_TMP: Final = ("tmp", TMP)
_HOME: Final = "home"
_PASSABLE: Final = 0o711
_BLOCK: Final = 512
"""Bytes of what stat(2) counts as a block."""
_ALONE: Final = "`context: shared` keeps nothing, as the command belongs to no session"
_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class _Place:
    """Where one agent's directories of one session are kept."""

    path: str
    fd: int


def lend(
    job: Job, identity: Identity, home: str, bases: Bases, *, use_fds: bool
) -> tuple[Lent, ...]:
    """The kept directories of a launch; none where it has private ones of its own.

    Args:
        job: what is launched.
        identity: whom it runs as, and whom they belong to.
        home: where the command finds its home directory.
        bases: receives the open descriptors, which also keep others from emptying them.
        use_fds: whether bubblewrap takes descriptors as sources.

    Raises:
        SandboxRefusedError: they cannot be made, belong to somebody else, or are too large and
            in use.
    """
    if job.plan.context != "shared":
        return ()
    if not job.session:
        bases.reports.append(_ALONE)
        return ()
    try:
        top = _top()
        _forget(top)
        place = _place(top, _name(job, identity), bases)
        made = [(_made(place, name, identity, bases), at) for name, at in (_TMP, (_HOME, home))]
        found = tuple(replace(one, path=at, fd=one.fd if use_fds else None) for one, at in made)
    except OSError as error:
        raise SandboxRefusedError(
            "sandbox.precondition",
            f"the directories that `context: shared` keeps cannot be used: {error.strerror}",
            help_text="write `context: isolated`, or see who owns what lies beside"
            f" `{state_directory()}`",
        ) from error
    if not is_over(found, job.plan.limits.tmp):
        return found
    return _anew(place, found, job, bases)


def lend_private(job: Job, identity: Identity, bases: Bases) -> tuple[Lent, ...]:
    """Private directories of one launch that has no mounts of its own; see `discard`.

    Raises:
        SandboxRefusedError: they cannot be made.
    """
    try:
        top = _top()
        _forget(top)
        place = _place(top, _ONE + job.launch, bases)
        return tuple(_made(place, name, identity, bases) for name in (_TMP[0], _HOME))
    except OSError as error:
        raise SandboxRefusedError(
            "sandbox.precondition", f"private directories cannot be made: {error.strerror}"
        ) from error


def discard(lent: tuple[Lent, ...], job: Job) -> list[str]:
    """Remove what `lend_private` made; the answer is what could not be removed.

    Args:
        lent: directories of the launch; those that are kept for others stay.
        job: what was launched.
    """
    tops = {one.source.rpartition("/")[0] for one in lent}
    failures = []
    for path in tops:
        if path.endswith("/" + _ONE + job.launch):
            try:
                remove_tree(path)
            except OSError as error:
                failures.append(f"{path}: {error}")
    return failures


def is_over(lent: tuple[Lent, ...], most: int) -> bool:
    """Whether one of the kept directories holds more than it may; also where nobody can tell.

    Args:
        lent: the directories.
        most: bytes that each may hold.
    """
    try:
        return any(_size(one.source, most) > most for one in lent)
    except (OSError, RecursionError):
        return True


def _size(path: str, most: int) -> int:
    """Bytes below a directory; counting ends where they are too many."""
    total, entries = 0, 0
    for _, below, names, fd in os.fwalk(path, onerror=_fail, follow_symlinks=False):
        entries += len(below) + len(names)
        if entries > MAX_ENTRIES:
            return most + 1
        for name in names:
            with suppress(FileNotFoundError):
                total += os.stat(name, dir_fd=fd, follow_symlinks=False).st_blocks * _BLOCK
    return total


def _fail(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


def _top() -> Path:
    """The directory of all of them, which only this user may change."""
    top = Path(f"{state_directory()}-kept")
    _require_own(str(top))
    return top


def _require_own(path: str) -> None:
    """A directory that only this user may change, and others may pass through; made if missing.

    Whom the command runs as owns what lies in it, but must not put something in its place.
    """
    with suppress(FileExistsError):
        os.mkdir(path, _PASSABLE)  # noqa: PTH102  # beside the other calls of this module
    fd = os.open(path, _DIRECTORY)
    try:
        status = os.fstat(fd)
        if status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o022:
            raise PermissionError(1, "they lie where others may write")
        # Whatever the mask of this process took away.
        os.fchmod(fd, _PASSABLE)
    finally:
        os.close(fd)


def _name(job: Job, identity: Identity) -> str:
    parts = (job.agent, job.session, str(identity.uid))
    return sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def _place(top: Path, name: str, bases: Bases) -> _Place:
    path = str(top / name)
    _require_own(path)
    fd = os.open(path, _DIRECTORY)
    bases.extra.append(fd)
    take_lock(fd, None, shared=True)
    os.utime(fd)
    return _Place(path, fd)


def _made(place: _Place, name: str, identity: Identity, bases: Bases) -> Lent:
    """One directory that belongs to whom the command runs as; made if missing."""
    path = f"{place.path}/{name}"
    with suppress(FileExistsError):
        os.mkdir(path, 0o700)  # noqa: PTH102  # beside the other calls of this module
    fd = open_own(path)
    bases.extra.append(fd)
    if os.geteuid() == 0 == os.fstat(fd).st_uid:
        os.fchown(fd, identity.uid, identity.gid)
    # The command may have closed it, to itself and to all that come after.
    open_to_owner(fd, identity.uid)
    status = os.fstat(fd)
    if status.st_uid != identity.uid:
        raise PermissionError(1, "they belong to somebody else")
    return Lent(path, path, fd, status.st_dev, status.st_ino)


def _anew(place: _Place, found: tuple[Lent, ...], job: Job, bases: Bases) -> tuple[Lent, ...]:
    """The same directories, emptied, where no other launch uses them."""
    try:
        require_lock(place.fd, _in_use)
        for one in found:
            _empty(one.source)
        take_lock(place.fd, None, shared=True)
    except OSError:
        raise _too_large(job) from None
    if is_over(found, job.plan.limits.tmp):
        raise _too_large(job)
    bases.reports.append("what `context: shared` had kept was larger than `tmp`, and was emptied")
    return found


def _in_use(_: int) -> OSError:
    return BlockingIOError(errno.EWOULDBLOCK, "another launch uses them")


def _empty(path: str) -> None:
    fd = open_own(path)
    try:
        remove_below(fd)
    finally:
        os.close(fd)


def _too_large(job: Job) -> SandboxRefusedError:
    return SandboxRefusedError(
        "sandbox.limit_not_enforceable",
        f"what `context: shared` keeps holds more than {job.plan.limits.tmp} bytes, and is in use",
        help_text="wait for the end of the session's other commands, or raise `tmp`",
    )


def _forget(top: Path) -> None:
    """Remove what nobody has used for long, as far as it can be."""
    for path in _old(top):
        with suppress(OSError):
            fd = os.open(path, _DIRECTORY)
            try:
                require_lock(fd, _in_use)
                remove_tree(path)
            finally:
                os.close(fd)


def _old(top: Path) -> Iterator[str]:
    now = time.time()
    for path in top.iterdir():
        # What one launch alone had is of no use to anybody once nobody holds it.
        least = _ORPHAN_SECONDS if path.name.startswith(_ONE) else KEPT_SECONDS
        with suppress(OSError):
            if path.lstat().st_mtime < now - least:
                yield str(path)
