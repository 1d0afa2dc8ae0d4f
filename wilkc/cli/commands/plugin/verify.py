"""`wilkc plugin verify`: whether a plugin is what a trusted key signed. Layer: cli."""

from __future__ import annotations

from pathlib import Path

import click

from wilkc.adapters.plugins import Revocations, verify_plugin
from wilkc.core.errors import VerificationError


@click.command()
@click.argument("folder", metavar="FOLDER")
@click.option("--key", "keys", required=True, multiple=True, metavar="VKEY",
              help="A public key that is trusted; may be repeated.")  # fmt: skip
@click.option("--name", metavar="NAME", help="Which plugin it must be.")
@click.option("--revoked", metavar="FILE", help="Digests and keys no longer trusted, one a line.")
def verify(*, folder: str, keys: tuple[str, ...], name: str | None, revoked: str | None) -> None:
    """Verify the signature and every file of the plugin in FOLDER.

    Exits with 5 if it is unsigned, altered, revoked, or signed by another key.
    """
    found = verify_plugin(Path(folder), name)
    if found.signer not in keys:
        raise VerificationError(
            "the plugin is signed by a key that is not trusted",
            help_text=f"it says {found.signer}",
        )
    if revoked is not None:
        Revocations(Path(revoked)).require_good(found)
    stated = found.statement
    click.echo(f"{stated.name} {stated.version}  {len(stated.files)} files  {stated.digest}")
