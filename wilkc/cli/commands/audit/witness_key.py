"""`wilkc audit witness-key`: a key for a witness. Layer: cli."""

from __future__ import annotations

import click

from wilkc.cli.new_key import write_new_key
from wilkc.core.errors import UsageError
from wilkc.runtime.audit.cosignature import Signer, kind_of, witness_signer_text
from wilkc.runtime.audit.cosignature import witness_key as public_key
from wilkc.runtime.keys import SigningKey
from wilkc.runtime.keys.post_quantum import PostQuantumKey


@click.command("witness-key")
@click.argument("file", metavar="FILE")
@click.option("--name", required=True, metavar="NAME", help="Its name, such as `w.example/one`.")
@click.option(
    "--algorithm",
    type=click.Choice(["ed25519", "ml-dsa-44"]),
    default="ed25519",
    show_default=True,
    help="ML-DSA-44 withstands quantum computers; a policy may ask for one of each.",
)
def witness_key(*, file: str, name: str, algorithm: str) -> None:
    """Make a key for a witness in FILE, which must not be there; print its public key."""
    key: Signer = SigningKey.generate() if algorithm == "ed25519" else PostQuantumKey.generate()
    try:
        public = public_key(name, key.public, kind_of(key)).text
        text = witness_signer_text(name, key)
    except ValueError as error:
        raise UsageError(str(error)) from error
    write_new_key(file, text)
    click.echo(public)
