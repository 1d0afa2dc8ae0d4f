"""`wilkc audit init`: a new log with its keys. Layer: cli."""

from __future__ import annotations

from pathlib import Path

import click

from wilkc.cli.record_places import keys_path, provider_place
from wilkc.cli.recording import audit_settings
from wilkc.runtime.audit import Places, create_log


@click.command()
@click.argument("directory", metavar="DIR")
@click.option("--keys", metavar="DIR", help="Its keys; default: DIR with `.keys`.")
@click.option("--origin", required=True, metavar="NAME", help="Its name for ever, with a `/`.")
@click.option("--root-key", required=True, metavar="FILE", help="Where the root key is written.")
@click.option("--provider", metavar="FILE|URI", help="The key of its keys; default: beside them.")
@click.option("--passphrase", is_flag=True, help="Keep the provider's file under a passphrase.")
@click.option("--policies", multiple=True, metavar="PATH", help="Specs that say how it is kept.")
@click.option("--reserve", metavar="SIZE", help="Given up when the disk fills; default: 64MiB.")
def init(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    directory: str,
    keys: str | None,
    origin: str,
    root_key: str,
    provider: str | None,
    passphrase: bool,
    policies: tuple[str, ...],
    reserve: str | None,
) -> None:
    """Make an empty log in DIR, with its keys; print the key that verifies it.

    The root key begins the log and is needed again only to accept a loss: take it offline.
    """
    places = Places(
        directory=Path(directory),
        keys=keys_path(directory, keys),
        provider=provider_place(directory, keys, provider),
        root_key=Path(root_key),
    )
    public = create_log(places, origin, audit_settings(policies, reserve), passphrase=passphrase)
    click.echo(public)
    click.echo(f"log       {places.directory}", err=True)
    click.echo(f"keys      {places.keys}   back them up, apart from the log", err=True)
    click.echo(f"provider  {places.provider}   without it the keys do not open", err=True)
    click.echo(
        f"root key  {places.root_key}   take it offline: it can begin this log anew", err=True
    )
    click.echo(
        "The line above verifies the log; keep it where the log's host cannot write.", err=True
    )
