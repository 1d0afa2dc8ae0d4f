"""`wilkc identity fleet`: hosts that share what is revoked. Layer: cli."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from wilkc.cli.identities import change_options, changing
from wilkc.identity.fleet import join_fleet

NAME: Final = "wilk:identity"


@click.command()
@click.argument("directory", metavar="DIR")
@click.option(
    "--url", required=True, metavar="URL", help="Of the server: `rediss://…`, `unix://…`."
)
@click.option("--name", default=NAME, show_default=True, metavar="NAME", help="Of the fleet.")
@click.option("--begin", is_flag=True, help="Begin the fleet, on its first host.")
@change_options
def fleet(  # noqa: PLR0913  # a command has as many arguments as options
    *, directory: str, url: str, name: str, begin: bool, audit: str, by: str | None
) -> None:
    """Share what is revoked from now on with the hosts that join the same fleet.

    A host that hears nothing of the others for a second lets nobody in. Processes that run share
    it when they are started again.
    """
    with changing(directory, audit, by) as (_, note):
        note("join-fleet", "fleet", name)
        join_fleet(Path(directory), url, name, begin=begin)
    click.echo(f"fleet  {name}")
