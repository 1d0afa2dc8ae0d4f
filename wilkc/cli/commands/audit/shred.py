"""`wilkc audit shred`: erasing a person by destroying the keys. Layer: cli."""

from __future__ import annotations

import click

from wilkc.cli.commands.audit.options import key_options
from wilkc.cli.decision_text import printable
from wilkc.cli.keeping import open_keeper
from wilkc.runtime.audit.keeping import shred as shred_person


@click.command()
@click.argument("directory", metavar="DIR")
@click.option("--subject", required=True, metavar="ID", help="The person, as records were made.")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is kept, sealed.")
@key_options
def shred(
    *, directory: str, subject: str, reason: str, keys: str | None, provider: str | None
) -> None:
    """Destroy the keys of all that the log in DIR keeps sealed about a person.

    The records stay and verify; their sealed content opens never again. The erasure is
    complete once the replaced keys are destroyed and every copy of the keys is gone: `wilkc
    keys rotate --due` completes it. Exits with 5 where a hold forbids it.
    """
    with open_keeper(directory, keys, provider) as keeper:
        pending = shred_person(keeper.logger, subject, reason)
    click.echo(f"pending   {pending.id}  {pending.subject}")
    for kid in pending.keys:
        click.echo(f"waits     until {kid} is destroyed, by `wilkc keys rotate --due`", err=True)
    for name in pending.exports:
        text = f"waits     until {name} is gone, see `wilkc keys confirm-destroyed`"
        click.echo(printable(text), err=True)
