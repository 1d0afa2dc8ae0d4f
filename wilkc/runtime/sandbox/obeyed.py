"""Names that tools of the host run or obey on sight. Layer: runtime.

Whoever may write one of them decides what runs outside, later: when a shell starts, an editor or an
agent opens the folder, or somebody asks git for its state.
"""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

FROZEN_FILES: Final = (
    ".git/config", ".git/config.worktree", ".git/info/attributes", ".git/commondir", ".gitmodules",
    ".gitconfig", ".bashrc", ".bash_profile", ".profile", ".zshrc", ".zprofile", ".envrc", ".npmrc",
    ".mcp.json",
)  # fmt: skip
FROZEN_DIRECTORIES: Final = (
    ".git/hooks", ".vscode", ".idea", ".claude", ".codex", ".cursor", ".gemini", ".github/hooks",
    ".husky",
)  # fmt: skip
"""Readable, never writable: what shells, editors, agents and git run or obey on sight."""

HOME_FILES: Final = (
    ".zshenv", ".zlogin", ".zlogout", ".bash_login", ".bash_logout", ".bash_aliases",
    ".xprofile", ".xsessionrc", ".config/git/config", ".config/git/attributes",
)  # fmt: skip
HOME_DIRECTORIES: Final = (
    ".config/fish", ".config/autostart", ".config/systemd", ".config/environment.d", ".copilot",
)  # fmt: skip
"""The same of a home directory, where shells, the session and git look for them alone."""

GIT_OWN: Final = ("config", "config.worktree", "hooks", "info/attributes", "commondir")
"""What git obeys in a directory that is one of its own."""
COMMONDIR: Final = "commondir"
ITSELF: Final = b".\n"
"""What stands in the place of a `commondir` that is not there: an empty one ends every git."""

_POINTER_BYTES: Final = 4096
_CONFIG_BYTES: Final = 2**20
_NAMING: Final = re.compile(
    r"^[ \t]*(?:\[[^\]\n]*\][ \t]*)?(hooksPath|path|fsmonitor)[ \t]*=[ \t]*([^\n;#]+)",
    re.IGNORECASE | re.MULTILINE,
)
_YES_OR_NO: Final = re.compile(r"(?:true|yes|on|false|no|off|[-+]?[0-9]+[kmg]?)?", re.IGNORECASE)
"""What of `core.fsmonitor` names no program: git has one of its own, or uses none."""
_OF_GIT: Final = "/.git/"
_NESTED: Final = ("modules/", "worktrees/")
"""Where a repository keeps the directories of its submodules and worktrees."""

Nothing = Literal["empty_file", "empty_directory"]


def nothing(name: str) -> Nothing:
    """What stands in the place of one of `GIT_OWN` that is not there."""
    return "empty_directory" if name == "hooks" else "empty_file"


def obeyed_by_git(path: str, mode: int) -> bool:
    """Whether git would obey something new: a pointer to a repository, or what lies in one.

    A whole repository that a command makes is another matter: it is told of.

    Args:
        path: real path.
        mode: as of lstat(2).
    """
    # By any case: some file systems ignore it, and git does as they do.
    if path.lower().endswith("/.git"):
        return not stat.S_ISDIR(mode)
    _, _, below = path.partition(_OF_GIT)
    inside = below.startswith(_NESTED)
    return inside and any(f"/{name}/" in f"/{below}/" for name in GIT_OWN)


def is_git_directory(path: str) -> bool:
    """Whether a directory that holds a `HEAD` is one of git's own, whatever it is called."""
    return any(os.path.lexists(f"{path}/{name}") for name in ("objects", COMMONDIR))


def led_to(places: Iterable[str]) -> set[str]:
    """Real paths that frozen names of some directories lead to by a link, or git by a pointer.

    Args:
        places: real paths of directories that tools may be started in.
    """
    found = set()
    for place in places:
        for name in (*FROZEN_FILES, *FROZEN_DIRECTORIES):
            if first_link(place, name):
                found.add(os.path.realpath(f"{place}/{name}"))
        found |= {f"{top}/{name}" for top in real_git(place) for name in GIT_OWN}
        found |= named_by_settings(place) - {place}
    return found


def first_link(place: str, name: str) -> str:
    """The first link on the way from a directory to a name in it; empty where there is none."""
    here = place
    for part in name.split("/"):
        here = f"{here}/{part}"
        if os.path.islink(here):  # noqa: PTH114  # text of any bytes
            return here
    return ""


def real_git(place: str) -> set[str]:
    """The directories that a file `.git` names: that of a worktree, and its repository's."""
    pointer = f"{place}/.git"
    try:
        if not stat.S_ISREG(os.lstat(pointer).st_mode):
            return set()
        _, _, target = _beginning(pointer).partition("gitdir:")
    except OSError:
        return set()
    if not target:
        return set()
    real = _led(place, target.strip())
    return {real, os.path.dirname(os.path.dirname(real))}  # noqa: PTH120  # the same


def named_by_settings(place: str) -> set[str]:
    """Real paths that a repository's settings have git run, or read further settings from.

    Hooks may lie in the tree itself (`core.hooksPath`), and so may what is included
    (git-config(1)). What programs the settings run beside those is not looked at.
    """
    found = set()
    for top in {f"{place}/.git", *real_git(place)}:
        for name in ("config", "config.worktree"):
            try:
                text = _beginning(f"{top}/{name}", _CONFIG_BYTES)
            except OSError:
                continue
            for key, value in _NAMING.findall(text):
                given = value.strip().strip('"')
                if key.lower() != "fsmonitor" or not _YES_OR_NO.fullmatch(given):
                    beside = top if key.lower() == "path" else place
                    found.add(_led(beside, os.path.expanduser(given)))  # noqa: PTH111  # the same
    return found


def _led(place: str, given: str) -> str:
    """Where what a file of git says leads to; for git its text ends at a zero."""
    return os.path.realpath(os.path.join(place, given.partition("\0")[0]))  # noqa: PTH118  # the same


def _beginning(path: str, most: int = _POINTER_BYTES) -> str:
    """The beginning of a file, which may have become a link or a pipe meanwhile."""
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return os.fsdecode(os.read(fd, most))
    finally:
        os.close(fd)
