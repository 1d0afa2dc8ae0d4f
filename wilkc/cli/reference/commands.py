"""The page of commands: what `--help` prints, for each. Layer: cli."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from wilkc.cli.main import cli

if TYPE_CHECKING:
    from collections.abc import Iterator

_WIDTH: Final = 100
_HEAD: Final = """\
# Commands

<!-- Written by `make reference`; edit the commands in `wilkc/cli/commands` instead. -->

What `--help` prints for `wilkc` and each of its commands.
"""


def commands_page() -> str:
    """Every command in the order of the groups, with its help as the terminal shows it."""
    parts = [f"## `{path}`\n\n```\n{text}\n```\n" for path, text in _helps("wilkc", cli, None)]
    return "\n".join([_HEAD, *parts])


def _helps(
    name: str, command: click.Command, parent: click.Context | None
) -> Iterator[tuple[str, str]]:
    context = click.Context(
        command,
        parent=parent,
        info_name=name,
        # A page must not depend on the terminal it was made in.
        terminal_width=_WIDTH,
        max_content_width=_WIDTH,
        help_option_names=["-h", "--help"],
    )
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            if found is not None:
                yield from _helps(child, found, context)
