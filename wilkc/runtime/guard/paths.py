"""From a path as somebody wrote it to the real path it leads to. Layer: runtime. Reads only.

LANGUAGE.md section 3: making a path canonical is the enforcement point's duty. The longest
prefix that exists is resolved as the kernel would (path_resolution(7)); the rest is what an
action would make. What cannot be looked into is refused, never taken as it reads.
"""

from __future__ import annotations

import errno
import os
import stat
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import RequestError

if TYPE_CHECKING:
    from wilkc.runtime.sandbox.names import Roots

MAX_LINKS: Final = 40
"""Symbolic links on one way, as in the kernel."""
_MAX_TEXT: Final = 4096
"""Bytes of a path (PATH_MAX)."""


@dataclass(frozen=True, slots=True)
class Located:
    """A path on this host.

    Attributes:
        real: absolute, without links; what to act on.
        names: its canonical text, then its aliases under the other roots.
        status: what is there, or None where nothing is.
    """

    real: str
    names: tuple[str, ...]
    status: os.stat_result | None

    @property
    def directory(self) -> bool:
        """Whether a directory is there."""
        return self.status is not None and stat.S_ISDIR(self.status.st_mode)

    @property
    def regular(self) -> bool:
        """Whether a regular file is there."""
        return self.status is not None and stat.S_ISREG(self.status.st_mode)


def locate(text: str, roots: Roots) -> Located:
    """Where a path leads.

    Args:
        text: absolute, or below `~`, or relative to the workspace.
        roots: what `.` and `~` stand for.

    Raises:
        RequestError: it is malformed, runs in a circle, goes through what is no directory or
            cannot be looked into, or has no canonical name; or no home directory is known.
    """
    if not text or "\0" in text or len(text.encode("utf-8")) > _MAX_TEXT:
        raise _refusal("path_not_canonical", "it is empty, too long, or holds NUL")
    if roots.home is None:
        # It may lie in a home directory that nobody named, and a block of `~` would not see it.
        raise _refusal(
            "path_unresolvable",
            "no home directory of the user who runs this is known; name it by `home`, or by "
            "`--home` of a hook",
        )
    try:
        real, status = _resolve(_absolute(text, roots))
    except OSError as error:
        raise _refusal("path_unresolvable", error.strerror or "it cannot be resolved") from error
    try:
        names = roots.names(real)
    except ValueError as error:
        raise _refusal("path_not_canonical", str(error)) from error
    return Located(real, names, status)


def _absolute(text: str, roots: Roots) -> str:
    first, slash, rest = text.partition("/")
    if first == "~":
        return f"{roots.home}{slash}{rest}"
    return text if text.startswith("/") else f"{roots.workspace}/{text}"


def _resolve(path: str) -> tuple[str, os.stat_result | None]:
    """The real path, and what is there.

    Raises:
        OSError: a component cannot be passed.
    """
    todo, done = deque(path.split("/")), list[str]()
    links, missing, status = 0, False, os.lstat("/")
    while todo:
        part = todo.popleft()
        if part in {"", "."}:
            # `a/` and `a/.` name a directory, whatever `a` is.
            _require_directory(status, missing=missing)
        elif part == "..":
            if missing:
                raise FileNotFoundError(errno.ENOENT, "it goes up from what is not there")
            _require_directory(status, missing=False)
            done = done[:-1]
            status = os.lstat("/" + "/".join(done))
        elif missing:
            done.append(part)
        else:
            _require_directory(status, missing=False)
            here = "/" + "/".join([*done, part])
            try:
                status = os.lstat(here)
            except FileNotFoundError:
                missing = True
                done.append(part)
                continue
            if not stat.S_ISLNK(status.st_mode):
                done.append(part)
                continue
            links += 1
            if links > MAX_LINKS:
                raise OSError(errno.ELOOP, "it runs in a circle of links")
            target = os.readlink(here)  # noqa: PTH115  # a text with every component
            done = [] if target.startswith("/") else done
            status = os.lstat("/" + "/".join(done))
            todo.extendleft(reversed(target.split("/")))
    return "/" + "/".join(done), None if missing else status


def _require_directory(status: os.stat_result, *, missing: bool) -> None:
    if not missing and not stat.S_ISDIR(status.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, "it goes through what is no directory")


def _refusal(detail: str, why: str) -> RequestError:
    return RequestError(detail, f"the path cannot be judged: {why}")
