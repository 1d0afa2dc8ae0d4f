"""Second names of what lies in hidden and frozen directories. Layer: runtime.

A directory that is hidden or frozen is so with all that is in it, but a hard link to a file in it
is another name of that file (link(2)), and no mask stands on that. Nothing is looked for where no
file in view has another name, or where all of its names were seen.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING

from wilkc.runtime.sandbox import walk
from wilkc.runtime.sandbox.names import is_within

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from wilkc.runtime.sandbox.cutouts import Cutouts
    from wilkc.runtime.sandbox.reserved import Reserved
    from wilkc.runtime.sandbox.view import Bind
    from wilkc.runtime.sandbox.walk import Linked, Survey


_Inode = tuple[int, int]
"""Device and inode."""


def second_names(
    seen: Survey,
    cut: Cutouts,
    binds: Sequence[Bind],
    trees: Sequence[str],
    reserved: Reserved,
) -> Iterator[str]:
    """Real paths in hidden and frozen directories that have another name in view.

    A directory that takes too long to be looked through stands for what is in it.

    Args:
        seen: what the walk found.
        cut: the masks.
        binds: what is mounted by rules.
        trees: all mounted directories.
        reserved: knows what stays read-only where it is bound by itself.
    """
    writable = [bind.path for bind in binds if bind.access == "write"]
    masks = cut.hidden.values()
    hidden = sorted(one.path for one in masks if one.kind == "hide_directory" and not one.ghost)
    linked = _seen(seen, cut, writable, hidden)
    names: dict[_Inode, list[str]] = defaultdict(list)
    for path, (device, inode, _) in linked.items():
        names[device, inode].append(path)
    shown = (*trees, *(bind.path for bind in binds))
    unseen = {
        (device, inode)
        for path, (device, inode, count) in linked.items()
        if count > len(names[device, inode]) and _lies_in(path, shown)
    }
    yield from _of(unseen, hidden, seen.entries)
    frozen = [one.path for one in cut.frozen.values() if one.kind == "freeze"]
    for paths in names.values():
        kept = {path for path in paths if _is_kept(path, frozen, writable, reserved)}
        if kept and any(path not in kept and _lies_in(path, writable) for path in paths):
            yield min(kept)


def _seen(
    seen: Survey, cut: Cutouts, writable: Sequence[str], hidden: Sequence[str]
) -> dict[str, Linked]:
    """The files with further names that are not hidden themselves.

    Of trees that are only read there are those alone that may be a file in a hidden directory, or
    another name of a file that may be written: the number that directories tell of each (`d_ino`,
    readdir(3)) is known already, and asking for more takes as long as half of the walk.
    """
    linked = {**seen.linked, **_linked(writable)}
    inside = _numbers_in(hidden, len(seen.plain))
    if inside is not None:
        inside.update(inode for _, inode, _ in linked.values())
    linked |= _linked(path for path, number in seen.plain if inside is None or number in inside)
    return {path: names for path, names in linked.items() if path not in cut.hidden}


def _is_kept(path: str, frozen: Sequence[str], writable: Sequence[str], reserved: Reserved) -> bool:
    """Whether a file stays read-only: in a directory that may be written by masks alone."""
    return _lies_in(path, frozen) or (not _lies_in(path, writable) and reserved.is_frozen(path))


def _linked(paths: Iterable[str]) -> dict[str, Linked]:
    """Those of the paths that are regular files with further names."""
    found = {}
    for path in paths:
        try:
            names = walk.linked(os.lstat(path))
        except OSError:
            continue
        if names is not None:
            found[path] = names
    return found


def _lies_in(path: str, tops: Iterable[str]) -> bool:
    return any(is_within(path, top) for top in tops)


def _of(inodes: Collection[_Inode], tops: Sequence[str], entries: int) -> Iterator[str]:
    """The files below some directories that are among the given ones."""
    numbers = {inode for _, inode in inodes}
    deadline = time.monotonic() + walk.MAX_SECONDS
    for top, found in _below(tops if inodes else ()):
        entries += len(found)
        if entries > walk.MAX_ENTRIES or time.monotonic() > deadline:
            yield top
            return
        for entry in found:
            if entry.inode() in numbers and not entry.is_dir(follow_symlinks=False):
                with suppress(FileNotFoundError):
                    status = os.lstat(entry.path)
                    if (status.st_dev, status.st_ino) in inodes:
                        yield entry.path


def _numbers_in(tops: Sequence[str], most: int) -> set[int] | None:
    """The inode numbers below some directories; None for more entries than so many."""
    numbers: set[int] = set()
    entries = 0
    for _, found in _below(tops):
        entries += len(found)
        if entries > most:
            return None
        numbers.update(entry.inode() for entry in found)
    return numbers


def _below(tops: Iterable[str]) -> Iterator[tuple[str, list[os.DirEntry[str]]]]:
    """What each directory below some has, with which of those it lies in."""
    pending = [(top, top) for top in tops]
    while pending:
        directory, top = pending.pop()
        try:
            with os.scandir(directory) as listing:
                found = list(listing)
        except OSError:
            continue  # whoever cannot look into it does not know it by this name
        yield top, found
        pending += [(one.path, top) for one in found if one.is_dir(follow_symlinks=False)]
