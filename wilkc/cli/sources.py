"""Finding and reading the specs that paths name. Layer: cli."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UsageError
from wilkc.spec import FLEET_SUFFIX, MAX_FLEET_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

SUFFIXES: Final = frozenset({".yaml", ".yml", FLEET_SUFFIX})
DEFAULT_PLACES: Final = (Path("policies"), Path("~/.wilk/config"))
MAX_FILE_BYTES: Final = MAX_FLEET_BYTES
"""More than any source may hold, so that a huge file is refused before it is read."""


def read_sources(paths: Sequence[str]) -> dict[str, bytes]:
    """The spec files under the given paths.

    Args:
        paths: files and folders; folders are searched for `*.yaml`, `*.yml` and `*.jsonl`
            (fleets), links to folders are not followed. None means the first default place
            that exists.

    Returns:
        File name, as the user would write it, to its bytes; sorted.

    Raises:
        UsageError: a path is not there or cannot be read, or there is nothing to read.
    """
    chosen = paths or _default_places()
    files = sorted({file for path in chosen for file in _files(Path(path))})
    if not files:
        raise UsageError(
            f"nothing to check: no `*.yaml` under {', '.join(map(str, chosen))}",
            help_text="name a file, or a folder that holds specs",
        )
    return {str(file): read_file(file) for file in files}


def _default_places() -> tuple[str, ...]:
    for place in DEFAULT_PLACES:
        if place.expanduser().is_dir():
            return (str(place.expanduser()),)
    raise UsageError(
        "nothing to check: there is no folder `policies`",
        help_text="name a file or folder, for example `wilkc check policies`",
    )


def _files(path: Path) -> Iterable[Path]:
    if path.is_dir():
        return _below(path)
    if not path.exists():
        raise UsageError(f"there is no file or folder `{path}`")
    return (path,)


def _below(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise UsageError(f"cannot read `{error.filename}`: {error.strerror}") from error

    for base, _, names in os.walk(folder, onerror=refuse):
        for name in names:
            if os.path.splitext(name)[1] in SUFFIXES:  # noqa: PTH122 - in a third of the time
                yield Path(base, name)


def read_file(file: Path) -> bytes:
    """The bytes of one source.

    Raises:
        UsageError: it is not there, no regular file, too large, or cannot be read.
    """
    try:
        # Asked once for all: a thousand files are usual.
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UsageError(f"`{file}` is no regular file")
        if status.st_size > MAX_FILE_BYTES:
            raise UsageError(f"`{file}` is larger than any spec may be")
        return file.read_bytes()
    except FileNotFoundError as error:
        raise UsageError(f"there is no file `{file}`") from error
    except OSError as error:
        raise UsageError(f"cannot read `{file}`: {error.strerror}") from error
