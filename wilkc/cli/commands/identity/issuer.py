"""`wilkc identity issuer`: an identity that issues tokens. Layer: cli."""

from __future__ import annotations

from pathlib import Path

import click

from wilkc.cli.identities import change_options, changing
from wilkc.identity import create_issuer


@click.command()
@click.argument("directory", metavar="DIR")
@click.option("--name", required=True, metavar="NAME", help="Of the issuer, as in `iss`.")
@click.option("--audience", required=True, metavar="NAME", help="Of its tokens, as in `aud`.")
@change_options
def issuer(*, directory: str, name: str, audience: str, audit: str, by: str | None) -> None:
    """Let the identity in DIR issue tokens of its own, and believe them; see `token`."""
    with changing(directory, audit, by) as (_, note):
        note("create-issuer", "issuer", name)
        create_issuer(Path(directory), name, audience)
    click.echo(f"issuer  {name}")
