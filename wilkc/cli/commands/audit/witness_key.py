"""`wilkc audit witness-key`: a key for a witness. Layer: cli."""

from __future__ import annotations

import os
from pathlib import Path

import click

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
    path = Path(file)
    try:
        public = public_key(name, key.public, kind_of(key)).text
        text = witness_signer_text(name, key)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except ValueError as error:
        raise UsageError(str(error)) from error
    except OSError as error:
        raise UsageError(f"cannot write the key `{file}`: {error.strerror}") from error
    with os.fdopen(fd, "w", encoding="ascii") as out:
        out.write(text + "\n")
        out.flush()
        os.fsync(out.fileno())
    click.echo(public)
