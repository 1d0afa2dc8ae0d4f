"""`wilkc keys confirm-destroyed`: a copy of the keys is gone. Layer: cli."""

from __future__ import annotations

import click

from wilkc.cli.commands.audit.options import key_options
from wilkc.cli.decision_text import printable
from wilkc.cli.recording import open_recorder
from wilkc.runtime.audit.keeping import confirm_destroyed as confirm


@click.command("confirm-destroyed")
@click.argument("directory", metavar="DIR")
@click.argument("name", metavar="ID")
@key_options
def confirm_destroyed(*, directory: str, name: str, keys: str | None, provider: str | None) -> None:
    """Put on record in the log in DIR that the copy ID of its keys is destroyed."""
    with open_recorder(directory, keys, provider) as logger:
        receipt = confirm(logger, name)
    click.echo(printable(f"confirmed  {name}, on record as {receipt.seq}"))
