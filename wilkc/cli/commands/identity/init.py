"""`wilkc identity init`: a place for credentials. Layer: cli."""

from __future__ import annotations

from pathlib import Path

import click

from wilkc.identity import create_identity


@click.command()
@click.argument("directory", metavar="DIR")
def init(*, directory: str) -> None:
    """Make an identity in DIR that lets nobody in yet; DIR gets mode 0700."""
    create_identity(Path(directory))
    click.echo(f"identity  {directory}")
