"""The settings files of harnesses: reading, and replacing as a whole. Layer: cli.

What cannot be read exactly is refused and left alone: comments would be lost, and a broken file
would be replaced by another meaning.
"""

from __future__ import annotations

import json
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from wilkc.core.errors import UnavailableError, UsageError
from wilkc.core.files import replace_file

MAX_BYTES: Final = 4 * 2**20
_INDENT: Final = re.compile(r"\A\s*\{\r?\n([ \t]+)")
_STANDARD: Final = 2


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """A settings file as it was read.

    Attributes:
        path: the file itself, links followed.
        data: its bytes, or None where there is none.
        document: its content.
        mode: its permission bits, or those of a new one.
    """

    path: Path
    data: bytes | None
    document: dict[str, Any]
    mode: int


def read_settings(path: Path, *, new_mode: int) -> SettingsFile:
    """Read a settings file that may be missing.

    Args:
        path: the file.
        new_mode: permission bits where it has to be made.

    Raises:
        UsageError: it cannot be read, or is not plain JSON with an object; one line says where.
    """
    real = Path(os.path.realpath(path))
    try:
        fd = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return SettingsFile(real, None, {}, new_mode)
    except OSError as error:
        raise UsageError(f"cannot read `{path}`: {error.strerror}") from error
    with os.fdopen(fd, "rb") as file:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise UsageError(f"`{path}` is no file")
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise UsageError(f"`{path}` is larger than settings may be")
    return SettingsFile(real, data, _document(path, data), stat.S_IMODE(status.st_mode))


def write_settings(file: SettingsFile, document: dict[str, Any]) -> bool:
    """Replace a settings file by other content, unless it has that already.

    Returns:
        Whether anything was written.

    Raises:
        UsageError: somebody else has changed it since it was read.
        UnavailableError: it cannot be written; it is as it was.
    """
    if document == file.document and file.data is not None:
        return False
    try:
        file.path.parent.mkdir(parents=True, exist_ok=True)
        if _now(file.path) != file.data:
            raise UsageError(
                f"`{file.path}` was changed meanwhile, so it is left alone",
                help_text="run the command again",
            )
        replace_file(file.path, _bytes(file, document), mode=file.mode, durable="name")
    except OSError as error:
        raise UnavailableError(f"cannot write `{file.path}`: {error.strerror}") from error
    return True


def _now(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _bytes(file: SettingsFile, document: dict[str, Any]) -> bytes:
    """The content laid out as the file was."""
    text = (file.data or b"").decode("utf-8")
    found = _INDENT.match(text)
    ending = "" if text and not text.endswith("\n") else "\n"
    shown = json.dumps(
        document, indent=found[1] if found else _STANDARD, ensure_ascii=False, allow_nan=False
    )
    return (shown + ending).encode("utf-8", "surrogatepass")


def _document(path: Path, data: bytes) -> dict[str, Any]:
    try:
        text = data.decode("utf-8")
        found = json.loads(text, object_pairs_hook=_object, parse_constant=_refused)
    except UnicodeDecodeError as error:
        raise UsageError(f"`{path}` is not UTF-8: byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise UsageError(
            f"{path}:{error.lineno}:{error.colno}: not JSON: {error.msg.lower()}",
            help_text="comments and trailing commas would be lost; nothing was changed: take "
            "them out, or add the hook by hand",
        ) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"`{path}` cannot be kept as it is: {error}") from error
    if not isinstance(found, dict):
        raise UsageError(f"{path}:1:1: the settings are no object")
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"it names `{twice}` twice")
    return found


def _refused(name: str) -> None:
    raise ValueError(f"`{name}` is not a JSON value")
