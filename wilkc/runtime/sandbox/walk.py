"""The one walk of a launch over what will be in view. Layer: runtime.

It finds what block rules hide, where repositories are, which files match a leafy rule, and
what writable trees hold, so that changes can be judged afterwards. It is bounded in entries
and in time; a tree too large to be looked through is not mounted.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wilkc.runtime.sandbox.closed import open_to_owner
from wilkc.runtime.sandbox.identity import has_access_list
from wilkc.runtime.sandbox.matching import NOTHING
from wilkc.runtime.sandbox.names import is_within
from wilkc.runtime.sandbox.obeyed import is_git_directory
from wilkc.runtime.sandbox.own import NOWHERE, Own
from wilkc.runtime.sandbox.refusal import SandboxRefusedError

if TYPE_CHECKING:
    import re
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from wilkc.runtime.sandbox.identity import Identity
    from wilkc.runtime.sandbox.names import Roots

    _Listing = AbstractContextManager[Iterator[os.DirEntry[str]]]

MAX_ENTRIES: Final = 200_000
MAX_SECONDS: Final = 5.0

Stamp = tuple[int, int, int]
"""Inode, change time in nanoseconds, size: differs whenever a file was touched."""
Linked = tuple[int, int, int]
"""Device, inode, and number of names of a regular file that has more than one."""


@dataclass(frozen=True, slots=True)
class Found:
    """Something the walk came upon.

    Attributes:
        path: real path.
        directory: whether it is a directory (a link never is).
        link: whether it is a symbolic link.
        names: number of names of a regular file, else 1.
        inode: number of a regular file; 0 for what may be something else by now.
    """

    path: str
    directory: bool
    link: bool
    names: int
    inode: int = 0


@dataclass(slots=True)
class Survey:
    """What one walk found; filled while walking.

    Attributes:
        hidden: what a block rule matches, or what no decision can be had on; not entered.
        frozen: what the policy protects from writing.
        repositories: directories that hold a `.git`.
        git: directories of git's own that have another name: of submodules, worktrees, bare ones.
        matches: per leafy pattern, the regular files it matches.
        stamps: per entry of a stamped tree, its stamp.
        linked: regular files of stamped trees that have further names.
        plain: regular files of other trees, each with its inode number as its directory tells it;
            nobody looked at the number of their names.
        entries: how many entries were seen.
    """

    hidden: list[Found] = field(default_factory=list)
    frozen: list[str] = field(default_factory=list)
    repositories: list[str] = field(default_factory=list)
    git: list[str] = field(default_factory=list)
    matches: dict[str, list[str]] = field(default_factory=dict)
    stamps: dict[str, Stamp] = field(default_factory=dict)
    linked: dict[str, Linked] = field(default_factory=dict)
    plain: list[tuple[str, int]] = field(default_factory=list)
    entries: int = 0


@dataclass(frozen=True, slots=True)
class Lookout:
    """What a walk looks for.

    Attributes:
        roots: what root tags stand for.
        identity: whom the command runs as; what it cannot enter is not looked through.
        blocked: matches canonical paths of block rules and built-in secrets.
        frozen: matches canonical paths that the policy protects from writing.
        sockets: whether unix sockets are hidden, as the filter lets processes connect to them.
        opening: whether directories that the identity has closed to itself are looked through all
            the same: they are opened.
        beyond: directories that are not entered.
        writable: what may be written; pipes with a name are hidden elsewhere.
        leafy: pattern text to its expression, for rules whose matches are bound one by one.
        own: where Wilk's own lies, which is hidden.
    """

    roots: Roots
    identity: Identity
    blocked: re.Pattern[str]
    frozen: re.Pattern[str] = NOTHING
    leafy: dict[str, re.Pattern[str]] = field(default_factory=dict)
    sockets: bool = False
    beyond: frozenset[str] = frozenset()
    opening: bool = False
    writable: tuple[str, ...] = ()
    own: Own = NOWHERE


def survey(trees: Sequence[tuple[str, bool]], lookout: Lookout) -> Survey:
    """Walk the given trees.

    Args:
        trees: real paths of directories, none inside another, each with whether its
            entries are to be stamped.
        lookout: what to look for.

    Raises:
        SandboxRefusedError: more entries or seconds than a launch may spend.
    """
    found = Survey(matches={pattern: [] for pattern in lookout.leafy})
    deadline = time.monotonic() + MAX_SECONDS
    for top, stamped in trees:
        for entry in _entries(top, lookout, found):
            found.entries += 1
            if found.entries > MAX_ENTRIES or time.monotonic() > deadline:
                raise SandboxRefusedError(
                    "sandbox.walk_budget",
                    f"`{top}` holds more than {MAX_ENTRIES} entries, or takes longer than"
                    f" {MAX_SECONDS:.0f} s to look through",
                    help_text="name narrower paths in the file rules, or block large folders",
                )
            if stamped:
                with suppress(FileNotFoundError):
                    _mark(entry, found)
            elif entry.is_file(follow_symlinks=False):
                found.plain.append((entry.path, entry.inode()))
    return found


def _mark(entry: os.DirEntry[str], found: Survey) -> None:
    status = entry.stat(follow_symlinks=False)
    found.stamps[entry.path] = stamp(status)
    names = linked(status) if status.st_nlink > 1 else None
    if names is not None:
        found.linked[entry.path] = names


def stamp(status: os.stat_result) -> Stamp:
    """The stamp of a file."""
    return (status.st_ino, status.st_ctime_ns, status.st_size)


def linked(status: os.stat_result) -> Linked | None:
    """How a file is known by all of its names, if it is regular and has more than one."""
    if status.st_nlink < 2 or not stat.S_ISREG(status.st_mode):  # noqa: PLR2004  # one is its own
        return None
    return (status.st_dev, status.st_ino, status.st_nlink)


def _entries(top: str, lookout: Lookout, found: Survey) -> Iterator[os.DirEntry[str]]:
    pending = [top]
    while pending:
        directory = pending.pop()
        try:
            listing = _listed(directory, lookout)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except PermissionError:
            _closed(directory, lookout, found)
            if directory == top and found.hidden and found.hidden[-1].path == top:
                raise _unlooked(top) from None
            continue
        with listing as entries:
            for entry in entries:
                try:
                    if _judge(entry, directory, lookout, found):
                        pending.append(entry.path)
                except FileNotFoundError:
                    continue
                yield entry


def changed_outermost(
    tops: Sequence[str], lookout: Lookout, known: Collection[str], stamps: Mapping[str, Stamp]
) -> Iterator[os.DirEntry[str]]:
    """What is new, without what is in it, and the files that changed; whatever there is of it.

    For a tree that is too large for `survey`: nothing is kept of what is seen.

    Args:
        tops: real paths of directories.
        lookout: whom the command ran as, and what is not entered.
        known: paths that are not new.
        stamps: stamps of some of them; only a file that has one can have changed.
    """
    pending = [*tops]
    while pending:
        # What cannot be looked into for a reason of its own keeps nobody from the rest.
        with suppress(OSError), _listed(pending.pop(), lookout) as entries:
            for entry in entries:
                if entry.path in lookout.beyond:
                    continue
                if entry.path not in known:
                    yield entry
                elif entry.is_dir(follow_symlinks=False):
                    if _enterable(entry, lookout, Survey()):
                        pending.append(entry.path)
                elif entry.path in stamps and stamps[entry.path] != _stamp_now(entry):
                    yield entry


def _stamp_now(entry: os.DirEntry[str]) -> Stamp | None:
    try:
        return stamp(entry.stat(follow_symlinks=False))
    except FileNotFoundError:
        return None


def _listed(directory: str, lookout: Lookout) -> _Listing:
    """What is in a directory that may also be searched: of names alone nothing can be told.

    Raises:
        OSError: it cannot be looked into.
    """
    try:
        return _entries_of(directory)
    except PermissionError:
        if not lookout.opening:
            raise
    fd = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        open_to_owner(fd, lookout.identity.uid)
    finally:
        os.close(fd)
    return _entries_of(directory)


def _entries_of(directory: str) -> _Listing:
    # Not as a list: a command may have made more than memory holds before anything is counted.
    listing = os.scandir(directory)
    if not os.access(directory, os.X_OK):
        listing.close()
        raise PermissionError(errno.EACCES, "it may not be searched", directory)
    return listing


def _closed(directory: str, lookout: Lookout, found: Survey) -> None:
    # Its owner could open it again from inside, and then show what was never looked at; whoever
    # may search it comes to every name that he knows.
    own = os.lstat(directory).st_uid == lookout.identity.uid
    if own or (not lookout.identity.drop and os.access(directory, os.X_OK)):
        found.hidden.append(Found(directory, directory=True, link=False, names=1))


def _unlooked(top: str) -> SandboxRefusedError:
    return SandboxRefusedError(
        "sandbox.precondition",
        f"`{top}` cannot be looked through, so what is blocked in it would not be hidden",
        help_text=f"run `chmod u+rx {top}`, or name narrower paths in the file rules",
    )


def _judge(entry: os.DirEntry[str], parent: str, lookout: Lookout, found: Survey) -> bool:
    """Sort one entry; the answer is whether to look inside it."""
    directory = entry.is_dir(follow_symlinks=False)
    try:
        names = lookout.roots.names(entry.path)
    except ValueError:
        names = ()
    hidden = not names or any(lookout.blocked.fullmatch(name) for name in names)
    hidden = hidden or entry.path in lookout.own
    if hidden or _leads_out(entry, lookout):
        found.hidden.append(_found(entry, directory=directory))
        directory = False
    else:
        _note(entry, names, lookout, found)
    if entry.name == ".git":
        found.repositories.append(parent)
    if entry.name == "HEAD" and not parent.endswith("/.git") and is_git_directory(parent):
        found.git.append(parent)
    directory = directory and entry.path not in lookout.beyond
    return directory and _enterable(entry, lookout, found)


def _leads_out(entry: os.DirEntry[str], lookout: Lookout) -> bool:
    """Whether a process of the host may be at the other end, whatever mount it is seen by.

    A read-only mount keeps nobody from connecting to a service, nor from writing into a pipe.
    """
    if entry.is_dir(follow_symlinks=False) or entry.is_file(follow_symlinks=False):
        return False
    mode = entry.stat(follow_symlinks=False).st_mode
    if stat.S_ISSOCK(mode):
        return lookout.sockets
    return stat.S_ISFIFO(mode) and not any(is_within(entry.path, one) for one in lookout.writable)


def _note(entry: os.DirEntry[str], names: tuple[str, ...], lookout: Lookout, found: Survey) -> None:
    kept = entry.path in lookout.own.kept
    if kept or any(lookout.frozen.fullmatch(name) for name in names):
        found.frozen.append(entry.path)
    for pattern, expression in lookout.leafy.items():
        if entry.is_file(follow_symlinks=False) and expression.fullmatch(names[0]):
            found.matches[pattern].append(entry.path)


def _enterable(entry: os.DirEntry[str], lookout: Lookout, found: Survey) -> bool:
    if not lookout.identity.drop:
        return True
    status = entry.stat(follow_symlinks=False)
    if lookout.identity.may_search(status) or has_access_list(entry.path):
        return True
    if lookout.opening and status.st_uid == lookout.identity.uid:
        return True
    _closed(entry.path, lookout, found)
    return False


def _found(entry: os.DirEntry[str], *, directory: bool) -> Found:
    regular = entry.is_file(follow_symlinks=False)
    status = entry.stat(follow_symlinks=False) if regular else None
    names, inode = (status.st_nlink, status.st_ino) if status else (1, 0)
    link = entry.is_symlink()
    return Found(entry.path, directory=directory, link=link, names=names, inode=inode)
