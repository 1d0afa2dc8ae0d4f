"""What is cut out of the mounts: hidden, frozen, and the pins that hold them. Layer: runtime.

A mask on a path inside a writable tree is void once its parent can be renamed, so every
directory between the mount and the mask is bound onto itself: rename(2) of a mount point is
EBUSY. Names that tools run or trust on sight stay read-only wherever they could be planted.
"""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wilkc.core.sandbox_plan import SECRETS
from wilkc.runtime.sandbox.matching import literal_path
from wilkc.runtime.sandbox.names import is_within
from wilkc.runtime.sandbox.obeyed import (
    FROZEN_DIRECTORIES,
    FROZEN_FILES,
    GIT_OWN,
    HOME_DIRECTORIES,
    HOME_FILES,
    Nothing,
    first_link,
    named_by_settings,
    nothing,
    real_git,
)
from wilkc.runtime.sandbox.refusal import SandboxRefusedError
from wilkc.runtime.sandbox.view import Mask, MaskKind, depth

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wilkc.core.sandbox_plan import Level
    from wilkc.runtime.sandbox.names import Roots
    from wilkc.runtime.sandbox.walk import Found, Survey

PATH_MAX: Final = 4096
"""Bytes of a path, its zero among them; limits.h."""


@dataclass(slots=True)
class Cutouts:
    """Everything cut out of one launch's mounts.

    Attributes:
        hidden: masks that take away reading and writing.
        frozen: masks that take away writing.
        pins: directories bound onto themselves.
        inodes: of hidden regular files, as they were found.
        reports: what the masks cannot keep, for the record.
    """

    hidden: dict[str, Mask] = field(default_factory=dict)
    frozen: dict[str, Mask] = field(default_factory=dict)
    pins: set[str] = field(default_factory=set)
    inodes: dict[str, int] = field(default_factory=dict)
    reports: list[str] = field(default_factory=list)

    def masks(self) -> tuple[Mask, ...]:
        """Frozen, then hidden, each shallow first."""
        return tuple(
            mask
            for group in (self.frozen, self.hidden)
            for mask in sorted(group.values(), key=lambda one: (depth(one.path), one.path))
        )


@dataclass(frozen=True, slots=True)
class Ground:
    """Where cutting out happens.

    Attributes:
        trees: real paths of mounted directories.
        writable: those of them that may be written.
        level: decides what is refused and what is reported.
        absent: paths that another running launch made and will remove.
        own: places of Wilk's own that whom the command runs as could make.
        kept: what of Wilk's own stays read-only, whether or not it is there.
    """

    trees: tuple[str, ...]
    writable: tuple[str, ...]
    level: Level
    absent: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()


def cut_out(
    ground: Ground, survey: Survey, patterns: Sequence[str], frozen: Sequence[str], roots: Roots
) -> Cutouts:
    """All cut-outs of a launch.

    Args:
        ground: the mounts.
        survey: what the walk found.
        patterns: explicit block patterns of the plan.
        frozen: explicit patterns of what the policy protects from writing.
        roots: what root tags stand for.

    Raises:
        SandboxRefusedError: strict, and something hidden or frozen has a second name.
    """
    cut = Cutouts()
    for found in survey.hidden:
        _hide(found, ground, cut)
    for pattern in (*patterns, *SECRETS):
        _hide_absent(pattern, ground, roots, cut)
    _hold_own(ground, cut)
    _freeze_all(ground, survey, frozen, roots, cut)
    for mask in (*cut.hidden.values(), *cut.frozen.values()):
        cut.pins.update(_ancestors(mask.path, ground.writable))
    cut.pins -= {*cut.hidden, *cut.frozen}
    return cut


def _hide(found: Found, ground: Ground, cut: Cutouts) -> None:
    path, directory = found.path, found.directory
    if found.link:
        path = os.path.realpath(found.path)
        if not _inside([path], ground.trees):
            return
        directory = os.path.isdir(path)  # noqa: PTH112  # text of any bytes
        cut.reports.append(f"`{found.path}` is a link; what it leads to is hidden")
        if path in ground.absent or not os.path.exists(path):  # noqa: PTH110  # the same
            _hide_missing(path, ground, cut)
            return
    if found.names > 1:
        second_name(path, ground.level, cut)
    # What another launch made for a mask of its own must be held by this one too.
    kind: MaskKind = "hide_directory" if directory else "hide_file"
    ghost = path in ground.absent or not os.path.lexists(path)
    cut.hidden[path] = Mask(path, kind, ghost=ghost)
    if found.inode:
        cut.inodes[path] = found.inode


def _hide_absent(pattern: str, ground: Ground, roots: Roots, cut: Cutouts) -> None:
    canonical = literal_path(pattern)
    path = None if canonical is None else roots.real(canonical)
    if path is not None:
        _hide_missing(path, ground, cut)


def _hide_missing(path: str, ground: Ground, cut: Cutouts) -> None:
    """Keep a path from being made; where nothing may be written bubblewrap has no place for it."""
    if not _inside([path], ground.writable):
        return
    missing = first_missing(path, ground.absent)
    if missing is not None and not _covered(missing, cut):
        cut.hidden[missing] = Mask(missing, "hide_directory", ghost=True)


def _hold_own(ground: Ground, cut: Cutouts) -> None:
    for path in sorted(_inside(ground.own, ground.writable)):
        if first_missing(path, ground.absent) == path:
            # Where what leads there is missing nobody would look for it.
            cut.hidden.setdefault(path, Mask(path, "hide_directory", ghost=True))


def _freeze_all(
    ground: Ground, survey: Survey, frozen: Sequence[str], roots: Roots, cut: Cutouts
) -> None:
    for place in sorted({*ground.writable, *_inside(survey.repositories, ground.writable)}):
        _freeze_names(place, FROZEN_FILES, FROZEN_DIRECTORIES, ground, cut)
        _freeze_real_git(place, ground, cut)
        _freeze_named(place, ground, cut)
    for place in _inside([] if roots.home is None else [roots.home], ground.writable):
        # With the others: what is mounted may be a directory around it.
        files, folders = (*FROZEN_FILES, *HOME_FILES), (*FROZEN_DIRECTORIES, *HOME_DIRECTORIES)
        _freeze_names(place, files, folders, ground, cut)
    for place in sorted(_inside(survey.git, ground.writable)):
        _freeze_own_of_git(place, ground, cut)
    for top in ground.writable:
        _freeze_git(top, ground, cut)
    for path in sorted(_inside(survey.frozen, ground.writable)):
        _freeze_existing(path, ground, cut)
    for path in sorted(_inside(ground.kept, ground.writable)):
        _freeze(*_divided(path), "empty_directory", ground, cut)
    for canonical in filter(None, map(literal_path, frozen)):
        real = roots.real(canonical)
        if real is not None and _inside([real], ground.writable):
            _freeze(real.rpartition("/")[0], real.rpartition("/")[2], "empty_file", ground, cut)


def _freeze_named(place: str, ground: Ground, cut: Cutouts) -> None:
    """What a repository's settings name, but for what holds all that may be written."""
    for path in sorted(_inside(named_by_settings(place), ground.writable)):
        if not any(is_within(top, path) for top in ground.writable):
            _freeze(*_divided(path), "empty_directory", ground, cut)


def _divided(path: str) -> tuple[str, str]:
    top, _, name = path.rpartition("/")
    return top, name


def _freeze_names(
    place: str, files: Sequence[str], directories: Sequence[str], ground: Ground, cut: Cutouts
) -> None:
    for name in files:
        _freeze(place, name, "empty_file", ground, cut)
    for name in directories:
        _freeze(place, name, "empty_directory", ground, cut)


def _freeze_own_of_git(place: str, ground: Ground, cut: Cutouts) -> None:
    for name in GIT_OWN:
        _freeze(place, name, nothing(name), ground, cut)


def _freeze(place: str, name: str, empty: Nothing, ground: Ground, cut: Cutouts) -> None:
    path = f"{place}/{name}"
    link = first_link(place, name)
    if link:
        # A link cannot be held itself, as mount(2) follows it; what it leads to can.
        second_name(link, ground.level, cut)
        path = os.path.realpath(path)
        nowhere = not os.path.exists(link)  # noqa: PTH110  # text of any bytes
        if nowhere or not _inside([path], ground.writable):
            return
    missing = first_missing(path, ground.absent)
    if missing is None:
        _freeze_existing(path, ground, cut)
    elif not _covered(missing, cut) and _can_be_made(missing):
        # Below a file, as `.git` is in a worktree, nothing can be planted: it is frozen itself.
        kind = empty if missing == path else "empty_directory"
        cut.frozen[missing] = Mask(missing, kind, ghost=True)


def _can_be_made(path: str) -> bool:
    """Whether there is a directory to make it in, that has room for its name."""
    if not os.path.isdir(path.rpartition("/")[0]):  # noqa: PTH112  # text of any bytes
        return False
    try:
        os.lstat(path)
    except OSError as error:
        # A whole path may be too long from here, and not from where git is started.
        return error.errno != errno.ENAMETOOLONG or len(os.fsencode(path)) >= PATH_MAX
    return True


def _freeze_existing(path: str, ground: Ground, cut: Cutouts) -> None:
    status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode):
        second_name(path, ground.level, cut)
        path = os.path.realpath(path)
        if not _inside([path], ground.writable) or not os.path.exists(path):  # noqa: PTH110
            return
    elif stat.S_ISREG(status.st_mode) and status.st_nlink > 1:
        second_name(path, ground.level, cut)
    if not _covered(path, cut):
        cut.frozen[path] = Mask(path, "freeze")


def _freeze_git(top: str, ground: Ground, cut: Cutouts) -> None:
    """A mount that is, or lies in, a directory of git: what is frozen there has a shorter name."""
    before, found, _ = f"{top}/".partition("/.git/")
    for name in GIT_OWN if found else ():
        if _inside([f"{before}/.git/{name}"], [top]):
            _freeze(f"{before}/.git", name, nothing(name), ground, cut)


def _freeze_real_git(place: str, ground: Ground, cut: Cutouts) -> None:
    """A worktree or submodule: `.git` is a file that names the real directory.

    Whatever else it is but a directory stays, so that no repository can be put in its place.
    """
    pointer = f"{place}/.git"
    try:
        mode = os.lstat(pointer).st_mode
    except OSError:
        return
    if stat.S_ISDIR(mode) or stat.S_ISLNK(mode):
        return
    cut.frozen.setdefault(pointer, Mask(pointer, "freeze"))
    for top in real_git(place):
        if _inside([top], ground.writable):
            _freeze_own_of_git(top, ground, cut)


def second_name(path: str, level: Level, cut: Cutouts) -> None:
    """Refuse, or report, that something hidden or frozen has a second name.

    Raises:
        SandboxRefusedError: at level strict.
    """
    if level == "strict":
        raise SandboxRefusedError(
            "sandbox.second_name",
            f"`{path}` is protected and can be reached by a second name (a link)",
            help_text="remove the link, or use `level: moderate`, which reports it instead",
        )
    report = f"`{path}` is protected and may be reached by a second name"
    cut.reports += [] if report in cut.reports else [report]


def first_missing(path: str, absent: frozenset[str] = frozenset()) -> str | None:
    """The first component of an absolute path that is not there; None if all are."""
    here = ""
    for part in path.split("/")[1:]:
        here = f"{here}/{part}"
        if here in absent or not os.path.lexists(here):
            return here
        if os.path.islink(here) and not os.path.exists(here):  # noqa: PTH110, PTH114  # the same
            return None
    return None


def _covered(path: str, cut: Cutouts) -> bool:
    """Whether a mask already stands on the path or above it."""
    while path:
        if path in cut.hidden or path in cut.frozen:
            return True
        path = path.rpartition("/")[0]
    return False


def _ancestors(path: str, writable: Iterable[str]) -> set[str]:
    found = set()
    for top in writable:
        here = path.rpartition("/")[0]
        while is_within(here, top) and here != top:
            found.add(here)
            here = here.rpartition("/")[0]
    return found


def _inside(paths: Iterable[str], trees: Iterable[str]) -> set[str]:
    return {path for path in paths if any(is_within(path, tree) for tree in trees)}
