"""What no rule mounts, or mounts for writing, whatever it names. Layer: runtime. No I/O.

Masks are cut out of the directories that are mounted, so a rule that names something inside a
hidden place would show it beside every mask, and a file that is bound alone stands in no directory
whose names are frozen. Such a rule leads to no mount.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from wilkc.core.sandbox_plan import SECRETS
from wilkc.language.atoms import BLOCK
from wilkc.runtime.sandbox.matching import NOTHING, matcher
from wilkc.runtime.sandbox.obeyed import (
    FROZEN_DIRECTORIES,
    FROZEN_FILES,
    GIT_OWN,
    HOME_DIRECTORIES,
    HOME_FILES,
)
from wilkc.runtime.sandbox.own import NOWHERE, Own

if TYPE_CHECKING:
    import re

    from wilkc.core.sandbox_plan import Mount
    from wilkc.runtime.sandbox.names import Roots

_GIT: Final = "/.git/"


@dataclass(frozen=True, slots=True)
class Reserved:
    """What is kept from all rules.

    Attributes:
        roots: what root tags stand for.
        blocked: matches canonical paths of block rules and of what is always hidden.
        protected: matches canonical paths that the policy protects from writing.
        fold: whether path rules ignore case.
        own: where Wilk's own lies.
        mounts: whether there are any; without them nothing else is kept from a rule.
    """

    roots: Roots
    blocked: re.Pattern[str] = NOTHING
    protected: re.Pattern[str] = NOTHING
    fold: bool = False
    own: Own = NOWHERE
    mounts: bool = True

    def why(self, path: str, mount: Mount | None = None) -> str:
        """What a real path is, where it is not mounted; empty where it may be.

        Args:
            path: real path.
            mount: what asks for it; none reads it.
        """
        if self.own.holds(path):
            return "is Wilk's own on this host"
        if not self.mounts:
            return ""
        try:
            names = self.roots.names(path)
        except ValueError:
            return ""  # what has no name is mounted by no rule anyway
        # What a block rule covers is a matter of the policy, which is asked about it.
        hidden = [name for name in names if self.blocked.fullmatch(name)]
        if any(_always_hidden(fold=self.fold).fullmatch(name) for name in hidden):
            return "is always hidden"
        # Of a rule that picks names each file is looked at, once they are found.
        if mount is None or mount.access == "read" or mount.how == "each":
            return ""
        frozen = self.is_frozen(path, alone=mount.how == "file")
        return "stays read-only, whatever rule names it" if frozen else ""

    def is_frozen(self, path: str, *, alone: bool = True) -> bool:
        """Whether a real path stays read-only, whatever mounts it.

        Args:
            path: real path.
            alone: whether it is bound by itself, and not as a directory with what is in it.
        """
        if self.own.keeps(path):
            return True
        try:
            names = self.roots.names(path)
        except ValueError:
            return True  # nobody could be asked about it
        if any(map(self.protected.fullmatch, names)) or any(map(_is_frozen_at_home, names)):
            return True
        # By its deepest root: what that lies in is no matter of the names below it.
        return _is_frozen_name(names[0], alone=alone)


@cache
def _always_hidden(*, fold: bool) -> re.Pattern[str]:
    return matcher(SECRETS, BLOCK, fold=fold)


def _is_frozen_at_home(name: str) -> bool:
    """Whether a canonical path is one that only a home directory has."""
    if any(name == f"~/{one}" for one in HOME_FILES):
        return True
    return any(f"{name}/".startswith(f"~/{one}/") for one in HOME_DIRECTORIES)


def _is_frozen_name(name: str, *, alone: bool) -> bool:
    """Whether a canonical path has one of the frozen names, in whichever directory.

    A mount knows the directory that it begins in, a file that is bound alone does not: nobody can
    tell where a tool will be started that obeys it.
    """
    text = f"{name}/"
    if any(f"/{one}/" in text for one in FROZEN_DIRECTORIES):
        return True
    # In a worktree `.git` is a file, which says where the real directory is.
    files = (*FROZEN_FILES, ".git") if alone else FROZEN_FILES
    if any(text.endswith(f"/{one}/") for one in files):
        return True
    # The real directories of worktrees and submodules lie in that of their repository.
    _, _, below = text.partition(_GIT)
    return any(f"/{one}/" in f"/{below}" for one in GIT_OWN)
