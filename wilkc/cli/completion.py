"""Completion of `wilkc` in shells, on top of click's. Layer: cli.

Loaded only where a shell asks for completions, or for the script that makes it ask.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import click

PROGRAM: Final = "wilkc"
VARIABLE: Final = "_WILKC_COMPLETE"
"""Set by the scripts to say that completions are wanted; click derives it from the name."""


class _FilesToo(ShellComplete):
    """Offers files where click knows nothing to offer: most arguments are paths."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        found = super().get_completions(args, incomplete)
        if found or not args or incomplete.startswith("-"):
            return found
        return [CompletionItem(incomplete, type="file")]


class _Bash(_FilesToo, BashComplete):
    """Completion in bash, from 4.4 on."""


class _Fish(_FilesToo, FishComplete):
    """Completion in fish."""


class _Zsh(_FilesToo, ZshComplete):
    """Completion in zsh."""


SHELLS: Final[Mapping[str, type[ShellComplete]]] = {"bash": _Bash, "fish": _Fish, "zsh": _Zsh}


def register() -> None:
    """Let these answer when click is asked for completions."""
    for name, shell in SHELLS.items():
        add_completion_class(shell, name)


def script(command: click.Command, shell: str) -> str:
    """The script that a shell sources once."""
    # Not `source` of the shell's own class: that starts bash to ask for its version.
    return ShellComplete.source(SHELLS[shell](command, {}, PROGRAM, VARIABLE))
