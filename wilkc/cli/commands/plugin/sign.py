"""`wilkc plugin sign`: signing a plugin as it is now. Layer: cli."""

from __future__ import annotations

from pathlib import Path

import click

from wilkc.adapters.plugins import sign_plugin
from wilkc.core.errors import VerificationError
from wilkc.runtime.keys.secrets import read_secret
from wilkc.runtime.keys.verifier import parse_signer


@click.command()
@click.argument("folder", metavar="FOLDER", type=click.Path(exists=True, file_okay=False))
@click.option("--key", required=True, metavar="FILE", help="Made by `wilkc plugin key`.")
@click.option("--name", required=True, metavar="NAME", help="By which policies call it as a tool.")
@click.option("--version", required=True, metavar="TEXT", help="For people, such as `1.2.0`.")
@click.option("--entry", required=True, metavar="PATH", help="The file that is run, in FOLDER.")
def sign(*, folder: str, key: str, name: str, version: str, entry: str) -> None:
    """Sign every file in FOLDER, and write the envelope beside them. Prints the digest."""
    try:
        signer, signing = parse_signer(read_secret(Path(key), "key").decode("ascii"))
    except ValueError as error:
        raise VerificationError(f"the key `{key}` cannot be read: {error}") from error
    stated = sign_plugin(Path(folder), name, version, entry, signer=signer, key=signing)
    click.echo(stated.digest)
