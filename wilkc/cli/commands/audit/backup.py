"""`wilkc audit backup`: a copy of what is sealed. Layer: cli."""

from __future__ import annotations

from pathlib import Path

import click

from wilkc.runtime.audit.retention import back_up


@click.command()
@click.argument("directory", metavar="DIR")
@click.argument("target", metavar="DEST")
def backup(*, directory: str, target: str) -> None:
    """Copy the sealed part of the log in DIR to DEST; run it again to bring DEST up to date.

    Keys are never copied: they are exported apart, by `wilkc keys`.
    """
    done = back_up(Path(directory), Path(target))
    click.echo(
        f"backed up  {done.size:,} events, {done.copied:,} files copied, {done.removed:,} removed"
    )
