"""`wilkc keys generate`: a key pair that bundles are signed with. Layer: cli."""

from __future__ import annotations

from pathlib import Path

import click

from wilkc.bundle import generate_key, write_key_pair


@click.command()
@click.argument("folder", metavar="DIR")
@click.option("--id", "name", required=True, metavar="NAME", help="The key's id.")
@click.option(
    "--kind",
    type=click.Choice(["bundle"]),
    default="bundle",
    show_default=True,
    help="What the key signs.",
)
def generate(*, folder: str, name: str, kind: str) -> None:
    """Make a key pair in DIR: NAME.pem to keep, NAME.pub.pem to hand out.

    The private half is readable by its owner alone. No file is ever overwritten.
    """
    del kind  # There is one kind so far; the option stands so that scripts may name it.
    private, public = write_key_pair(Path(folder), name, generate_key())
    click.echo(f"private  {private}")
    click.echo(f"public   {public}")
