"""The permission flags of a task of Deno. Layer: importers (pure).

A task is a line for a shell, and only one that runs `deno run`, `serve`, `test` or `bench`, and
nothing else, is read (denoland/deno, `cli/args/flags.rs`, 2.7). What stands behind the script is
the script's own. A flag that is not known here may deny something, or take the word behind it, so
that the task is refused.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection

_QUOTED: Final = re.compile(r"""'[^']*'|"[^"$`\\]*\"""")
_OPERATORS: Final = re.compile(r"[&|;<>()#$`\\\r\n]")
"""Outside of quotes they begin another command, a comment or a text that is not known here."""
_SCRIPTS: Final = frozenset({"run", "serve"})
_FILES: Final = frozenset({"test", "bench"})
"""Commands that read flags behind their files too."""
_COMMANDS: Final = _SCRIPTS | _FILES
_SHORT: Final = {"-A": "--allow-all", "-R": "--allow-read", "-W": "--allow-write",
                 "-N": "--allow-net", "-E": "--allow-env", "-S": "--allow-sys",
                 "-I": "--allow-import"}  # fmt: skip
_PERMISSION: Final = re.compile(r"--(allow|deny|ignore)-([a-z]+)")
_ALONE: Final = frozenset({
    "-q", "-r", "--cached-only", "--check", "--coverage", "--env-file", "--frozen", "--inspect",
    "--inspect-brk", "--inspect-wait", "--no-check", "--no-clear-screen", "--no-code-cache",
    "--no-config", "--no-lock", "--no-npm", "--no-prompt", "--no-remote", "--no-run",
    "--node-modules-dir", "--open", "--parallel", "--permit-no-files", "--quiet", "--reload",
    "--unstable", "--v8-flags", "--vendor", "--watch", "--watch-exclude", "--watch-hmr",
})  # fmt: skip
"""Flags that give and take no permission, and whose value, if any, stands behind a `=`."""
_UNSTABLE: Final = re.compile(r"--unstable-[a-z0-9-]+")
_WITH_VALUE: Final = frozenset({
    "-L", "-c", "--cert", "--conditions", "--config", "--ext", "--host", "--import-map",
    "--location", "--log-level", "--port", "--preload", "--require", "--seed",
})  # fmt: skip
"""Flags that take the word behind them, if they have no `=`."""


@dataclass(frozen=True, slots=True)
class Flag:
    """A permission flag.

    Attributes:
        effect: `allow`, `deny` or `ignore`.
        kind: what it is about, as `read`.
        values: what stands behind its `=`, or empty.
        foreign: whether it is the script's own, and says nothing to Deno.
    """

    effect: str
    kind: str
    values: str
    foreign: bool = False

    @property
    def shown(self) -> str:
        """The flag in its long form."""
        return f"--{self.effect}-{self.kind}" + (f"={self.values}" if self.values else "")


def permission_flags(place: str, text: str, tasks: Collection[str]) -> list[Flag]:
    """The permission flags of a task, in their order.

    Args:
        place: of the task, for messages.
        text: the task.
        tasks: names of all tasks; `deno run` of such a name may run that task.

    Raises:
        UsageError: it is more than one command of Deno, or it holds what is not known here.
    """
    if _OPERATORS.search(_QUOTED.sub("", text)):
        raise UsageError(f"{place} is more than one command, or holds variables")
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"{place}: its quotes are not closed") from error
    if words[:1] != ["deno"] or not _COMMANDS.intersection(words[1:2]):
        raise UsageError(
            f"{place} does not run Deno", help_text="a task begins with `deno run`, or a like one"
        )
    own, behind = _own(place, words[2:])
    if words[1] in _SCRIPTS and set(behind[:2]).intersection(tasks):
        raise UsageError(f"{place} may run another task")
    if words[1] in _FILES:
        files = behind[: behind.index("--")] if "--" in behind else behind
        if any(word.startswith("-") for word in files):
            raise UsageError(
                f"{place} has flags behind its files", help_text="write them before the files"
            )
    foreign = [flag for word in behind if (flag := _flag(word, foreign=True)) is not None]
    return own + foreign


def _own(place: str, words: list[str]) -> tuple[list[Flag], list[str]]:
    """The permission flags before the script, and the words from there on."""
    flags: list[Flag] = []
    at = 0
    while at < len(words) and words[at].startswith("-") and words[at] not in {"-", "--"}:
        word = words[at]
        name, given, _ = word.partition("=")
        flag = _flag(word, foreign=False)
        if flag is not None:
            flags.append(flag)
        elif name in _WITH_VALUE:
            at += 0 if given else 1
        elif name not in _ALONE and not _UNSTABLE.fullmatch(name):
            raise UsageError(f"{place}: what `{name}` means for permissions is not known")
        at += 1
    return flags, words[at:]


def _flag(word: str, *, foreign: bool) -> Flag | None:
    name, _, values = word.partition("=")
    found = _PERMISSION.fullmatch(_SHORT.get(name, name))
    return Flag(found[1], found[2], values, foreign) if found else None
