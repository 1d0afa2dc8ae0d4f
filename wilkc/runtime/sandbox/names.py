"""Real paths of the host and canonical paths of the language. Layer: runtime. No I/O.

LANGUAGE.md section 3: a path goes by its deepest root; its names under the other roots are
its aliases. Making paths real (links resolved) is the caller's duty.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Roots:
    """The two directories that root tags stand for.

    Attributes:
        workspace: real absolute path of the workspace, `.`.
        home: real absolute path of the home directory, `~`, or None where there is none.
    """

    workspace: str
    home: str | None

    def real(self, canonical: str) -> str | None:
        """The host path of a canonical path; None for `~` paths where there is no home."""
        tag, _, rest = canonical.partition("/")
        top = {".": self.workspace, "~": self.home, "": "/"}[tag]
        if top is None or not rest:
            return top
        return f"{top.rstrip('/')}/{rest}"

    def names(self, real: str) -> tuple[str, ...]:
        """The canonical text of a real path, then its aliases.

        Raises:
            ValueError: the path has no canonical text, so that no decision can be had on it.
        """
        _require_canonical(real)
        found = []
        for top, below, tag in _tops(self.workspace, self.home):
            if real.startswith(below) and real != top:
                found.append(tag + real[len(below) - 1 :])
            elif real == top:
                found.append(tag or "/")
        return tuple(found)


@lru_cache(maxsize=64)
def _tops(workspace: str, home: str | None) -> tuple[tuple[str, str, str], ...]:
    """The roots with what paths below them begin with, and their tags: asked for every file."""
    tops = [(workspace, "."), ("/", ""), (home, "~")]
    # Deepest root first; where two are the same directory the workspace goes before all, and
    # the home after all, so that a user whose home is `/` has the paths that everybody has.
    tops.sort(key=lambda top: -len(top[0] or ""))
    return tuple((top, top.rstrip("/") + "/", tag) for top, tag in tops if top is not None)


def is_within(path: str, top: str) -> bool:
    """Whether a real path is a directory or lies below it."""
    return path == top or path.startswith(top.rstrip("/") + "/")


def _require_canonical(real: str) -> None:
    if real.isascii() and real.isprintable():
        return
    try:
        real.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("the name is not valid UTF-8") from error
    if any(unicodedata.category(character) == "Cc" for character in real):
        raise ValueError("the name holds a control character")
    if not unicodedata.is_normalized("NFC", real):
        raise ValueError("the name is not in normal form C")
