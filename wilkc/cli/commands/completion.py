"""`wilkc completion`: the script with which a shell completes `wilkc`. Layer: cli."""

from __future__ import annotations

import click

from wilkc.cli.completion import SHELLS, script
from wilkc.cli.main import cli


@click.command()
@click.argument("shell", type=click.Choice(list(SHELLS)))
def completion(*, shell: str) -> None:
    """Print the script with which SHELL completes commands, options and paths.

    For bash (4.4 or later): eval "$(wilkc completion bash)" in ~/.bashrc. For zsh the same with
    zsh in ~/.zshrc. For fish: wilkc completion fish > ~/.config/fish/completions/wilkc.fish
    """
    click.echo(script(cli, shell))
