"""Finding and reading the specs that paths name. Layer: cli."""

from __future__ import annotations

import glob
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UsageError
from wilkc.spec import FLEET_SUFFIX, MAX_FLEET_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

SUFFIXES: Final = frozenset({".yaml", ".yml", FLEET_SUFFIX})
DEFAULT_PLACES: Final = (Path("policies"), Path("~/.wilk/config"))
_GLOB: Final = frozenset("*?[")
VARIABLE: Final = "WILK_POLICIES"
STDIN: Final = "-"
"""Stands for standard input, and is the name of what was read from it; `./-` is a file."""
MAX_FILE_BYTES: Final = MAX_FLEET_BYTES
"""More than any source may hold, so that a huge file is refused before it is read."""


def read_sources(paths: Sequence[str], *, stdin: bool = False) -> dict[str, bytes]:
    """The spec files under the given paths.

    Args:
        paths: files, folders, and globs for shells that leave them as they are; folders are
            searched for `*.yaml`, `*.yml` and `*.jsonl` (fleets), links to folders are not
            followed. None means the default places.
        stdin: whether `-` means standard input, which is then read to its end: a command that
            does so reads its sources once. Refused elsewhere, as a client or a command that is
            started may be at the other end.

    Returns:
        File name, as the user would write it, to its bytes; sorted.

    Raises:
        UsageError: a path is not there or cannot be read, or there is nothing to read.
    """
    chosen = paths or default_places()
    if STDIN in chosen and not stdin:
        raise UsageError(
            "this command takes no specs from standard input",
            help_text="name a file or folder; a file of the name `-` is `./-`",
        )
    given = {STDIN: read_stdin()} if STDIN in chosen else {}
    files = sorted({file for path in chosen if path != STDIN for file in _files(Path(path))})
    if not files and not given:
        raise UsageError(
            f"nothing to check: no `*.yaml` under {', '.join(map(str, chosen))}",
            help_text="name a file, or a folder that holds specs",
        )
    return {**given, **{_shown(file): read_file(file) for file in files}}


def _shown(file: Path) -> str:
    """A file's name, which is never that of standard input."""
    name = str(file)
    return f"./{name}" if name == STDIN else name


def read_stdin(most: int = MAX_FILE_BYTES) -> bytes:
    """All of standard input.

    Args:
        most: how many bytes it may hold.

    Raises:
        UsageError: it is closed, too large, or cannot be read.
    """
    if sys.stdin is None:
        raise UsageError("standard input is closed")
    try:
        data = sys.stdin.buffer.read(most + 1)
    except OSError as error:
        raise UsageError(f"cannot read standard input: {error.strerror}") from error
    if len(data) > most:
        raise UsageError(f"standard input holds more than {most // 2**20} MiB")
    return data


def default_places() -> tuple[str, ...]:
    """Where policies are where nobody names them.

    The paths that `WILK_POLICIES` names, separated as those of PATH. Else the folder `policies`
    and beside it whatever the project's settings name, so that these leave nothing out. Else
    the place of this user's own.

    Raises:
        UsageError: there is none.
        SettingsError: the settings are not understood.
    """
    if given := os.environ.get(VARIABLE):
        return tuple(path for path in given.split(os.pathsep) if path)
    # Loaded where nobody names a path.
    from wilkc.cli.settings.reading import read_settings  # noqa: PLC0415

    here, own = DEFAULT_PLACES
    found = ([str(here)] if here.is_dir() else []) + list(read_settings().policies)
    if not found and own.expanduser().is_dir():
        found = [str(own.expanduser())]
    if found:
        return tuple(dict.fromkeys(found))
    raise UsageError(
        "nothing to check: there is no folder `policies`",
        help_text="name a file or folder, for example `wilkc check policies`",
    )


def _files(path: Path) -> Iterable[Path]:
    if path.is_dir():
        return _below(path)
    if path.exists():
        return (path,)
    if _GLOB.isdisjoint(str(path)):
        raise UsageError(f"there is no file or folder `{path}`")
    return _matching(path)


def _matching(pattern: Path) -> Iterator[Path]:
    """The specs that a glob names, itself or by their folder; a name beside them is no spec."""
    found = [Path(one) for one in glob.glob(str(pattern), recursive=True)]  # noqa: PTH207 - as typed
    specs = [one for one in found if one.is_dir() or one.suffix in SUFFIXES]
    if not specs:
        raise UsageError(
            f"no file or folder matches `{pattern}`", help_text="name a file, or a folder"
        )
    for one in specs:
        yield from _below(one) if one.is_dir() else (one,)


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
