"""From what the caller names to two versions. Layer: cli."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from wilkc.cli.settings.problems import SettingsError
from wilkc.cli.sources import STDIN, default_places, read_sources
from wilkc.cli.versions.model import Trust, Version
from wilkc.cli.versions.revisions import read_revision
from wilkc.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

GIT: Final = "git:"
NOTHING: Final = "nothing:"
"""The version that holds no spec: where the policies begin."""
DEFAULT_PATH: Final = "policies"
_GZIP: Final = b"\x1f\x8b"


class _Revision(NamedTuple):
    revision: str
    path: str


def open_versions(old: str, new: str | None, trust: Trust) -> tuple[Version, Version]:
    """Read both versions of a comparison.

    Args:
        old: a folder, a file, a bundle, `git:REV[:PATH]`, `nothing:`, or `-`, standard input.
        new: the same; None means the working files at the path of the old revision, else
            those of the default places; beside a revision none outside of its repository, or
            who takes the policies away would be compared with somebody's own.
        trust: how bundles are verified.

    Returns:
        Old and new. A revision without a path has that of the other side, else what of the
        default places may be in a revision.

    Raises:
        UsageError: one of them is not there or holds nothing to read; or both are the same.
        VerificationError: a bundle does not verify.
        UnavailableError: there is no Git.
    """
    path = _path_of(new) or _path_of(old)
    here: tuple[str, ...]
    if new is not None:
        here = (new,)
    elif old.startswith(GIT):
        here = (path,) if path else default_paths()
    else:
        here = default_places()
    given = (old, *here)
    if here == (old,):
        raise UsageError(f"`{old}` is compared with itself", help_text="name two versions")
    if not trust.keys and (trust.key_id or trust.scope):
        raise UsageError("`--key-id` and `--scope` go with `--key`")
    if trust.keys and not any(map(_names_bundle, given)):
        raise UsageError("`--key` verifies bundles, and none is named")
    beside = (path,) if path else default_paths()
    first = open_version(old, beside, trust)
    if len(here) == 1:
        return first, open_version(here[0], beside, trust)
    return first, Version(", ".join(here), read_sources(here, stdin=True))


def default_paths() -> tuple[str, ...]:
    """The default places as paths that a revision can have; `policies` where there is none."""
    try:
        places = default_places()
    except SettingsError:
        raise
    except UsageError:
        places = ()
    return tuple(one for one in places if not Path(one).is_absolute()) or (DEFAULT_PATH,)


def open_version(named: str, paths: Sequence[str], trust: Trust) -> Version:
    """One version; `paths` stand in where a revision names none."""
    if named == NOTHING:
        return Version("nothing", {})
    if named.startswith(GIT):
        revision = _parsed(named)
        at = (revision.path,) if revision.path else tuple(paths)
        return read_revision(revision.revision, at)
    if _is_bundle(named):
        # Verifying brings in cryptography, which most comparisons do without.
        from wilkc.cli.versions.bundles import read_bundle_version  # noqa: PLC0415

        return read_bundle_version(named, trust)
    sources = read_sources([named], stdin=True)
    folder = f"{Path(named)}/"
    below = Path(named).is_dir() and all(file.startswith(folder) for file in sources)
    return Version(named, sources, folder if below else "")


def _is_bundle(path: str) -> bool:
    """Whether a path names a gzipped file."""
    if path == STDIN:
        return False
    try:
        with Path(path).open("rb") as file:
            return file.read(len(_GZIP)) == _GZIP
    except OSError:
        return False


def _names_bundle(named: str) -> bool:
    return not named.startswith(GIT) and _is_bundle(named)


def _parsed(named: str) -> _Revision:
    revision, _, path = named.removeprefix(GIT).partition(":")
    return _Revision(revision, path)


def _path_of(named: str | None) -> str:
    """The path that a name stands for, from the current folder; empty where it has none."""
    if named is None or named in {NOTHING, STDIN}:
        return ""
    if named.startswith(GIT):
        return _parsed(named).path
    return "" if _is_bundle(named) else os.path.relpath(named)
