"""`wilkc hook`: judge what an agent harness is about to do. Layer: cli."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from wilkc.adapters.hooks.client import Run
from wilkc.adapters.hooks.options import words
from wilkc.cli.hooking.options import hook_options, named
from wilkc.cli.lazy import LazyGroup

if TYPE_CHECKING:
    from typing import NoReturn

COMMANDS: Final[dict[str, str]] = {
    "install": "wilkc.cli.commands.hook.install:install",
    "status": "wilkc.cli.commands.hook.status:status",
    "uninstall": "wilkc.cli.commands.hook.uninstall:uninstall",
}


@click.group(cls=LazyGroup, places=COMMANDS, invoke_without_command=True)
@hook_options
@click.pass_context
def hook(context: click.Context, /, **given: Any) -> None:
    """Judge the tool call that a harness tells on standard input, and answer as it expects.

    Exits with 0 or 2 only: 2, with the reason on standard error, blocks in every harness.
    Without an answer in time, with a payload that is not understood and after any fault the
    answer is no. `wilkc hook install` writes the harness's settings.
    """
    if context.invoked_subcommand is None:
        _run(words(named(given)))


def _run(line: list[str]) -> NoReturn:
    Run(_one_shot).run(line)


def _one_shot(*given: Any) -> None:
    from wilkc.cli.hooking.one_shot import one_shot  # noqa: PLC0415  # slow to load

    one_shot(*given)
