"""`wilkc plugin key`: a key that signs plugins. Layer: cli."""

from __future__ import annotations

import os

import click

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
        fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except ValueError as error:
        raise UsageError(str(error)) from error
    except OSError as error:
        raise UsageError(f"cannot write the key `{file}`: {error.strerror}") from error
    with os.fdopen(fd, "w", encoding="ascii") as out:
        out.write(signer_text(name, made) + "\n")
        out.flush()
        os.fsync(out.fileno())
    click.echo(public)
