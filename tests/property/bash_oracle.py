"""What bash makes of a shell line, for the tests of the command lexer."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wilkc.language.commands.lexer import RESERVED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.property.lexed_lines import Lexed
    from wilkc.language.commands import Argv

BASH: Final = shutil.which("bash")
SCRIPT: Final = Path(__file__).with_name("record_commands.bash")
ENVIRONMENT: Final = {
    "PATH": "/dev/null", "HOME": "/expanded", "a": "expanded", "LC_ALL": "C.UTF-8",
}  # fmt: skip
FILES: Final = ("a", "ab", "b", "x.ts", "é", "=a")
"""What an unquoted wildcard would find."""
ITSELF: Final = {"eval", "printf"}
"""Builtins that the script needs, see `record_commands.bash`."""
SECONDS: Final = 60
_FUNCTION_NAME: Final = re.compile(r"(?!\d+\Z)[^\s|&;()<>'\"\\$`{}#!~*?\[\]=]+")


def recordable(one: Lexed) -> bool:
    """Whether the script can record the line without running a program.

    A path is recorded by a function of that name, and not every path can be such a name.
    """
    programs = {argv[0] for argv in one.commands}
    paths = {program for program in programs if "/" in program}
    return not programs & ITSELF and all(map(_FUNCTION_NAME.fullmatch, paths))


def begins_with_keyword(one: Lexed) -> bool:
    """Whether a command begins with the keyword `time`.

    It is the one keyword that the lexer leaves: to Wilk it is the wrapper `time`, of which
    the inner command is judged as well.
    """
    return any(word.program and word.raw == "time" for word in one.words)


def bash_differences(folder: Path, lines: Sequence[Lexed]) -> list[str]:
    """Every line of which bash makes other argument lists.

    The commands of a pipeline run at once, so their order is not compared.
    """
    asked = [(one, status) for one in lines for status in one.statuses()]
    runs = bash_runs(folder, asked)
    return [
        f"{one.line!r} with status {status}: read as {one.commands}, run as {run}"
        for (one, status), run in zip(asked, runs, strict=True)
        if not _agree(one.pipelines(status), run)
    ]


def bash_runs(folder: Path, asked: Sequence[tuple[Lexed, int]]) -> list[list[Argv]]:
    """The argument lists that bash makes of each line, every command ending with its status."""
    names = {argv[0] for one, _ in asked for argv in one.commands} - RESERVED - {"time"}
    fields = [text for one, status in asked for text in (str(status), one.line)]
    (folder / "names").write_bytes(_fields(sorted(filter(_FUNCTION_NAME.fullmatch, names))))
    (folder / "lines").write_bytes(_fields(fields))
    place = folder / "place"
    place.mkdir(exist_ok=True)
    for name in FILES:
        (place / name).touch()
    done = subprocess.run(
        [BASH or "bash", "--norc", "--noprofile", SCRIPT, folder / "names", folder / "lines"],
        cwd=place,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=SECONDS,
        check=False,
    )
    return _runs(done.stdout)


def _agree(pipelines: Iterator[tuple[Argv, ...]], run: Sequence[Argv]) -> bool:
    place = 0
    for pipeline in pipelines:
        if Counter(pipeline) != Counter(run[place : place + len(pipeline)]):
            return False
        place += len(pipeline)
    return place == len(run)


def _runs(output: bytes) -> list[list[Argv]]:
    fields = output.decode().split("\0")
    runs: list[list[Argv]] = []
    place = 0
    while fields[place] != "end":
        if fields[place] == "line":
            runs.append([])
            place += 1
            continue
        assert fields[place], f"bash came to an end at line {len(runs)}"
        count = int(fields[place])
        runs[-1].append(tuple(fields[place + 1 : place + 1 + count]))
        place += 1 + count
    return runs


def _fields(texts: Sequence[str]) -> bytes:
    return "".join(f"{text}\0" for text in texts).encode()
