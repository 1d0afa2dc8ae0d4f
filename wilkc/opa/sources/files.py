"""Bundles on disk: one file, or all those of a folder. Layer: opa."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UsageError
from wilkc.opa.sources.model import MAX_BUNDLE_BYTES, Offer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOOK_SECONDS: Final = 0.25
"""Short enough for a revocation to be in force within a second of being there."""
MAX_FILES: Final = 1000
SUFFIX: Final = ".tar.gz"
_State = tuple[int, int, int]


class FileSource:
    """One file, which is replaced."""

    pause_seconds = LOOK_SECONDS
    holds_history = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: _State | None = None

    def look(self) -> Iterator[Offer]:
        """The bundle, if it is another one or was written to."""
        # Looked at before it is read: what changes meanwhile is found by the next look.
        state = _state(self._path)
        if state != self._seen:
            data = _read(self._path)
            self._seen = state
            yield Offer(str(self._path), data)

    def names(self) -> frozenset[str]:
        """The one file."""
        return frozenset({str(self._path)})


class FolderSource:
    """A folder that releases are put into; which of them is the newest, they say themselves."""

    pause_seconds = LOOK_SECONDS
    holds_history = True

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: dict[Path, _State] = {}

    def look(self) -> Iterator[Offer]:
        """Bundles that were added or written to."""
        try:
            # `glob` finds nothing where it should say that there is no folder.
            found = sorted(path for path in self._path.iterdir() if _is_release(path.name))
        except OSError as error:
            raise UsageError(f"cannot read `{self._path}`: {error.strerror}") from error
        if len(found) > MAX_FILES:
            raise UsageError(f"`{self._path}` holds more than {MAX_FILES} bundles")
        self._seen = {path: self._seen[path] for path in found if path in self._seen}
        failure: UsageError | None = None
        for path in found:
            # One that cannot be read keeps none of the others back.
            try:
                state = _state(path)
                if self._seen.get(path) == state:
                    continue
                data = _read(path)
            except UsageError as error:
                failure = failure or error
                continue
            self._seen[path] = state
            yield Offer(str(path), data)
        if failure is not None:
            raise failure

    def names(self) -> frozenset[str]:
        """Every bundle of the folder that could be read."""
        return frozenset(map(str, self._seen))


def _is_release(name: str) -> bool:
    """Whether it is a bundle; what starts with a dot is still being written."""
    return name.endswith(SUFFIX) and not name.startswith(".")


def _state(path: Path) -> _State:
    try:
        status = path.stat()
    except OSError as error:
        raise UsageError(f"cannot read the bundle `{path}`: {error.strerror}") from error
    return status.st_ino, status.st_size, status.st_mtime_ns


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise UsageError(f"`{path}` is no file")
    try:
        # A named pipe that takes the file's place must not stop us.
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(fd, "rb") as file:
            data = file.read(MAX_BUNDLE_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read the bundle `{path}`: {error.strerror}") from error
    if len(data) > MAX_BUNDLE_BYTES:
        raise UsageError(f"`{path}` is larger than any bundle may be")
    return data
