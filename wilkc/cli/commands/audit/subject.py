"""`wilkc audit subject`: the token that stands for a person. Layer: cli."""

from __future__ import annotations

import click

from wilkc.cli.commands.audit.options import key_options, reader_options
from wilkc.cli.recording import open_recorder
from wilkc.runtime.audit.opening import Reader, token_of


@click.command()
@click.argument("directory", metavar="DIR")
@click.argument("person", metavar="PERSON")
@reader_options(required=True)
@key_options
def subject(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    directory: str,
    person: str,
    by: str,
    reason: str,
    keys: str | None,
    provider: str | None,
) -> None:
    """Print the token that stands for PERSON in the log in DIR, for `query --subject` and holds.

    It needs the log's keys, and is on record first (`config.access`), by name and reason, also
    where nothing is kept about the person.
    """
    with open_recorder(directory, keys, provider) as logger:
        click.echo(token_of(logger, person, Reader(by, reason)))
