"""Finding, reading and understanding the settings of a project. Layer: cli.

The nearest folder counts, from the current one upwards, that holds a `wilk.toml`, or a
`pyproject.toml` with `[tool.wilk]`; where one folder has both, `wilk.toml`. A file that is not
understood is an error, whatever the command wants of it, and never the default.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from wilkc.cli.settings.known import KNOWN, MAX_POLICIES, POLICIES, Setting
from wilkc.cli.settings.locating import locate
from wilkc.cli.settings.problems import Problem, SettingsError
from wilkc.core.errors import UsageError
from wilkc.core.spans import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

OWN_FILE: Final = "wilk.toml"
SHARED_FILE: Final = "pyproject.toml"
MAX_BYTES: Final = 1024 * 1024
"""Of either file."""
_PLACE: Final = re.compile(r" ?\(at (?:line (\d+), column (\d+)|end of document)\)")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a project's settings say.

    Attributes:
        commands: a command to its parameters and their values.
        policies: paths from the current folder.
    """

    commands: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    policies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _File:
    """A file with settings: where it is, its text, and in which table they stand."""

    path: Path
    data: bytes
    table: tuple[str, ...]

    @property
    def name(self) -> str:
        return os.path.relpath(self.path)

    def problem(self, keys: tuple[str, ...], message: str, help_text: str) -> Problem:
        text = self.data.decode("utf-8")
        return Problem(locate(text, (*self.table, *keys), self.name), message, help_text)


def read_settings() -> Settings:
    """The settings that hold in the current folder; empty where there is no file.

    Raises:
        SettingsError: a file is not understood.
        UsageError: a file cannot be read.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        for name, table in ((OWN_FILE, ()), (SHARED_FILE, ("tool", "wilk"))):
            data = _content(folder / name)
            if data is None or (table and not _may_speak_of_wilk(data)):
                continue
            file = _File(folder / name, data, table)
            held = _inside(_parsed(file), file)
            if held is not None:
                return _understood(held, file)
    return Settings()


def _may_speak_of_wilk(data: bytes) -> bool:
    """Whether a file of all tools may hold settings; how it is written else is their matter.

    An escape could spell the name of the table in another way.
    """
    return b"wilk" in data or b"\\" in data


def _content(path: Path) -> bytes | None:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UsageError(f"cannot read the settings `{path}`: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise UsageError(f"the settings `{path}` are no regular file")
    with os.fdopen(fd, "rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise UsageError(f"the settings `{path}` are larger than {MAX_BYTES // 1024} KiB")
    return data


def _parsed(file: _File) -> dict[str, Any]:
    # Loaded where there are settings: most projects have none.
    import tomllib  # noqa: PLC0415

    try:
        return tomllib.loads(file.data.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = file.data.count(b"\n", 0, error.start) + 1
        problem = Problem(_line(file.name, line), "the text is not UTF-8", "save it as UTF-8")
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        place = _PLACE.search(str(error))
        lines = file.data.count(b"\n") + 1
        line, column = (int(place[1] or lines), int(place[2] or 1)) if place else (1, 1)
        why = _PLACE.sub("", str(error)) or "nested too deeply"
        problem = Problem(
            Span(file.name, line, min(column, 10_000), line, min(column, 10_000) + 1),
            f"the text is not TOML: {why[:1].lower()}{why[1:]}",
            "see https://toml.io/en/v1.0.0",
        )
    raise SettingsError([problem], file.data)


def _line(name: str, line: int) -> Span:
    return Span(name, line, 1, line, 2)


def _inside(held: dict[str, Any], file: _File) -> dict[str, Any] | None:
    """The table of the settings, or None where the file has none."""
    for number, key in enumerate(file.table, start=1):
        if key not in held:
            return None
        below: object = held[key]
        if not isinstance(below, dict):
            span = locate(file.data.decode("utf-8"), file.table[:number], file.name)
            problem = Problem(span, f"`{key}` is no table", "write the settings under [tool.wilk]")
            raise SettingsError([problem], file.data)
        held = below
    return held


def _understood(held: Mapping[str, Any], file: _File) -> Settings:
    problems: list[Problem] = []
    policies: tuple[str, ...] = ()
    commands: dict[str, dict[str, Any]] = {}
    for key, value in held.items():
        if key == POLICIES:
            policies = _policies(value, file, problems)
        elif key not in KNOWN:
            problems.append(_unknown(key, file))
        elif not isinstance(value, dict):
            help_text = f"write its settings under [{'.'.join((*file.table, key))}]"
            problems.append(file.problem((key,), f"`{key}` is no table", help_text))
        else:
            commands[key] = dict(_of_command(key, value, file, problems))
    if problems:
        raise SettingsError(problems, file.data)
    return Settings(commands, policies)


def _of_command(
    command: str, table: Mapping[str, Any], file: _File, problems: list[Problem]
) -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        setting = KNOWN[command].get(key)
        if setting is None:
            problems.append(_unknown_of(command, key, file))
        elif wrong := _wrong(setting, value):
            what = f"`{key}` of `wilkc {command}`"
            problems.append(file.problem((command, key), f"{what} {wrong[0]}", wrong[1]))
        else:
            yield setting.parameter, value


def _wrong(setting: Setting, value: Any) -> tuple[str, str] | None:
    """What is wrong with a value, and what to write instead."""
    if setting.kind == "boolean":
        return None if isinstance(value, bool) else ("is no boolean", "write `true` or `false`")
    if setting.kind == "percentage":
        number = isinstance(value, int | float) and not isinstance(value, bool)
        fits = number and 0 <= value <= 100  # noqa: PLR2004 - per cent; NaN does not fit
        return None if fits else ("is no number from 0 to 100", "write for example `90`")
    words = ", ".join(f"`{word}`" for word in setting.words)
    if not isinstance(value, str):
        return "is no text", f"write one of {words}"
    if value not in setting.words:
        return f"cannot be `{value}` in a settings file", f"write one of {words}"
    return None


def _unknown(key: str, file: _File) -> Problem:
    if _command(key) is not None:
        return file.problem(
            (key,),
            f"`wilkc {key}` takes no settings from a file",
            "name them on its command line: whoever changes the file would decide them",
        )
    known = [POLICIES, *KNOWN]
    return file.problem((key,), f"unknown setting `{key}`", _instead(key, known))


def _unknown_of(command: str, key: str, file: _File) -> Problem:
    found = _command(command)
    options = {name for one in (found.params if found else ()) for name in one.opts}
    if f"--{key}" in options:
        return file.problem(
            (command, key),
            f"`--{key}` of `wilkc {command}` does not come from a settings file",
            "name it on the command line: whoever changes the file would decide it",
        )
    message = f"unknown setting `{key}` of `wilkc {command}`"
    return file.problem((command, key), message, _instead(key, list(KNOWN[command])))


def _command(name: str) -> click.Command | None:
    """A command of `wilkc`; it is loaded, as only a problem asks for it."""
    context = click.get_current_context(silent=True)
    root = context.find_root() if context is not None else None
    if root is None or not isinstance(root.command, click.Group):
        return None
    return root.command.get_command(root, name)


def _instead(key: str, known: list[str]) -> str:
    import difflib  # noqa: PLC0415 - loaded where something is wrong

    near = difflib.get_close_matches(key, known, 1)
    if near:
        return f"did you mean `{near[0]}`?"
    return f"there are {', '.join(f'`{one}`' for one in known)}"


def _policies(value: Any, file: _File, problems: list[Problem]) -> tuple[str, ...]:
    """The paths that are named, from the current folder."""
    paths = value if isinstance(value, list) else []
    if not (0 < len(paths) <= MAX_POLICIES and all(isinstance(one, str) for one in paths)):
        help_text = f'write 1 to {MAX_POLICIES} paths, for example ["agents/policies"]'
        problems.append(file.problem((POLICIES,), "`policies` is no list of paths", help_text))
        return ()
    for path in paths:
        if why := _outside(path, file.path.parent):
            help_text = "name files and folders below the folder of the settings"
            problems.append(file.problem((POLICIES,), f"`{path}` in `policies` {why}", help_text))
    return tuple(_from_here(file.path.parent / path) for path in paths)


def _outside(path: str, folder: Path) -> str:
    """Why a path may not be named: what a check reads, it prints lines of."""
    outside = "does not lie below the folder of the settings"
    # Before anything is looked at: whether a file is there is nobody's business, either.
    if not path or Path(path).is_absolute() or ".." in Path(path).parts:
        return outside
    try:
        found = (folder / path).resolve(strict=True)
    except (OSError, ValueError, RuntimeError):
        return "is not there"
    return "" if found.is_relative_to(folder.resolve()) else outside


def _from_here(path: Path) -> str:
    shown = os.path.relpath(path)
    # `-` would be standard input.
    return f"./{shown}" if shown.startswith("-") else shown
