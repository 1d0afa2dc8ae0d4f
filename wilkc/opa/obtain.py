"""Finding the OPA binary. Layer: opa.

Order: `$WILK_OPA`, then `opa` on PATH if it is new enough, then the binary that set-up built
and keeps in the user's cache folder. A version below the floor is never used: it has a known
signature bypass or decides some rules wrongly (OPA 1.21.3 and 1.22.1 release notes).
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wilkc.core.errors import UnavailableError

Version = tuple[int, int, int]
PINNED: Final[Version] = (1, 22, 2)
FLOOR: Final[Version] = (1, 22, 1)
_VERSION_LINE: Final = re.compile(r"^Version: (\d+)\.(\d+)\.(\d+)", re.MULTILINE)
_VERSION_SECONDS: Final = 20
_ADVICE: Final = (
    "run `make setup` in the project, or name a binary of OPA 1.22.1 or later in WILK_OPA"
)


@dataclass(frozen=True, slots=True)
class OpaBinary:
    """An OPA that may be used.

    Attributes:
        path: absolute: it runs in a folder of its own.
        version: what it says of itself.
    """

    path: Path
    version: Version


def find_opa() -> OpaBinary:
    """The OPA to use.

    Raises:
        UnavailableError: there is none, or the one that was named is too old or does not
            run; the message says what to do.
    """
    named = os.environ.get("WILK_OPA")
    if named:
        return _named(Path(shutil.which(named, path=_places()) or named).absolute())
    found = shutil.which("opa", path=_places())
    if found:
        version = version_of(Path(found))
        if version is not None and version >= FLOOR:
            return OpaBinary(Path(found).absolute(), version)
    cached = cached_binary()
    if is_whole(cached):
        # What it is was seen when it was built, and noted: it need not say so again.
        return OpaBinary(cached.absolute(), PINNED)
    raise UnavailableError("there is no OPA on this machine", help_text=_ADVICE)


def _places() -> str:
    """The absolute folders of PATH: a `.` or an empty one would run what a workspace holds."""
    places = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(one for one in places if Path(one).is_absolute())


def version_of(path: Path) -> Version | None:
    """The version that a binary reports, or None if it does not run or is no OPA."""
    try:
        done = subprocess.run(  # noqa: S603 - the path was named by the user or found on PATH
            [path, "version"],
            capture_output=True,
            text=True,
            timeout=_VERSION_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _VERSION_LINE.search(done.stdout)
    return None if found is None else (int(found[1]), int(found[2]), int(found[3]))


def cached_binary() -> Path:
    """Where set-up keeps the binary it built: one place for all clones of a user."""
    return cached_program("opa", text_of(PINNED))


def cached_program(name: str, version: str) -> Path:
    """Where set-up keeps a program that it builds from its source."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "wilk" / f"{name}-{version}" / name


def is_whole(path: Path) -> bool:
    """Whether the cached binary is there and is the one whose digest was noted beside it.

    Who can write the one can write the other: both, and their folder, are of who runs it or root.
    """
    try:
        if not all(map(_is_own, (path.parent, path, path.with_suffix(".sha256")))):
            return False
        noted = path.with_suffix(".sha256").read_text(encoding="ascii").strip()
        return file_digest(path) == noted and os.access(path, os.X_OK)
    except (OSError, UnicodeDecodeError):
        return False


def _is_own(path: Path) -> bool:
    status = path.stat()
    return status.st_uid in {0, os.geteuid()} and not status.st_mode & stat.S_IWOTH


def file_digest(path: Path) -> str:
    """The SHA-256 of a file, 64 hexadecimal characters."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def text_of(version: Version) -> str:
    """A version as people write it."""
    return ".".join(map(str, version))


def _named(path: Path) -> OpaBinary:
    version = version_of(path)
    if version is None:
        raise UnavailableError(
            f"`WILK_OPA` names `{path}`, which does not run as OPA", help_text=_ADVICE
        )
    if version < FLOOR:
        raise UnavailableError(
            f"`WILK_OPA` names OPA {text_of(version)}, older than {text_of(FLOOR)}",
            help_text=_ADVICE,
        )
    return OpaBinary(path, version)
