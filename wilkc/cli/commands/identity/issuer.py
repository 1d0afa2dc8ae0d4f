"""`wilkc identity issuer` and `rotate-issuer`: an identity that issues tokens. Layer: cli."""

from __future__ import annotations

from pathlib import Path

import click

from wilkc.cli.identities import change_options, changing
from wilkc.identity import create_issuer, rotate_issuer


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


@click.command("rotate-issuer")
@click.argument("directory", metavar="DIR")
@click.option("--at-once", is_flag=True, help="Believe no token of the key before.")
@change_options
def rotate(*, directory: str, at_once: bool, audit: str, by: str | None) -> None:
    """Let the identity in DIR sign its tokens with a new key; nothing needs a restart.

    Tokens of the key before are believed to their end. With `--at-once` they are refused within a
    second; refresh tokens give new ones.
    """
    with changing(directory, audit, by) as (_, note):
        note("rotate-issuer-at-once" if at_once else "rotate-issuer", "issuer", "")
        name = rotate_issuer(Path(directory), at_once=at_once)
    click.echo(f"key  {name}")
