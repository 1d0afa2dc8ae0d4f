"""`wilkc plugin key`: a key that signs plugins. Layer: cli."""

from __future__ import annotations

import click

from wilkc.cli.new_key import write_new_key
from wilkc.core.errors import UsageError
from wilkc.runtime.keys import SigningKey
from wilkc.runtime.keys.verifier import signer_text, verifier_key


@click.command()
@click.argument("file", metavar="FILE")
@click.option("--name", required=True, metavar="NAME", help="Such as `example.org/plugins`.")
def key(*, file: str, name: str) -> None:
    """Make a key in FILE, which must not be there; print its public key for `tools.signed`."""
    made = SigningKey.generate()
    try:
        public = verifier_key(name, made.public).text
    except ValueError as error:
        raise UsageError(str(error)) from error
    write_new_key(file, signer_text(name, made))
    click.echo(public)
