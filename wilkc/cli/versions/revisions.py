"""The specs of a Git revision. Layer: cli."""

from __future__ import annotations

import posixpath
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from wilkc.cli.git import Repository
from wilkc.cli.sources import MAX_FILE_BYTES, SUFFIXES
from wilkc.cli.versions.model import Version
from wilkc.compiler import LeftOut
from wilkc.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.cli.git import Entry


def read_revision(revision: str, paths: Sequence[str]) -> Version:
    """The specs at paths of a revision, under the names they have from the current folder.

    Links and submodules are not followed and not passed over in silence: they are named among
    what was not read.

    Args:
        revision: anything that names a commit.
        paths: from the current folder, as with the working files; of several, those that are
            not there have come later.

    Raises:
        UsageError: there is no repository, revision or any path, or nothing to read in them.
        UnavailableError: there is no Git.
    """
    repository = Repository()
    commit = repository.commit(revision)
    shown = ", ".join(paths)
    places = {_from_top(path, repository.prefix): path for path in paths}
    found = [(one, place) for place in places for one in repository.entries(commit, place)]
    if not found:
        raise UsageError(
            f"there is no `{shown}` in the revision `{revision}`",
            help_text="where the policies begin with this change, name `nothing:` as the old "
            "version",
        )
    named = {one.name: one for one, place in found if _may_be_spec(one, place)}
    wanted = [named[name] for name in sorted(named)]
    odd = tuple(_unread(one, why, repository) for one in wanted if (why := _oddity(one)))
    plain = [one for one in wanted if not _oddity(one)]
    if not plain and not odd:
        raise UsageError(f"there is no spec under `{shown}` in the revision `{revision}`")
    contents = repository.read(plain)
    sources = {_shown(name, repository): contents[name] for name in contents}
    label = f"git:{revision}:{shown} ({commit[:12]})"
    return Version(label, sources, unread=odd, commit=commit, top=repository.prefix)


def _from_top(path: str, prefix: str) -> str:
    if path.startswith(("/", "~")):
        raise UsageError(f"`{path}` is no path from the current folder")
    place = posixpath.normpath(posixpath.join(prefix, path))
    if place == ".." or place.startswith("../"):
        raise UsageError(f"`{path}` lies outside the repository")
    return "" if place == "." else place


def _may_be_spec(entry: Entry, place: str) -> bool:
    suffix = PurePosixPath(entry.name).suffix
    return suffix in SUFFIXES or entry.name == place or entry.mode == "160000"


def _oddity(entry: Entry) -> str:
    if entry.oddity:
        return entry.oddity
    if entry.size > MAX_FILE_BYTES:
        return "larger than any spec may be"
    try:
        entry.name.encode("utf-8")
    except UnicodeEncodeError:
        return "its name is not UTF-8"
    return ""


def _unread(entry: Entry, why: str, repository: Repository) -> LeftOut:
    name = _shown(entry.name, repository).encode("utf-8", "backslashreplace").decode()
    return LeftOut(name, why, opaque=True)


def _shown(name: str, repository: Repository) -> str:
    return posixpath.relpath(name, repository.prefix or ".") if repository.prefix else name
