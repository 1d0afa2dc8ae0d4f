"""`wilkc audit witness-key`: a key for a witness. Layer: cli."""

from __future__ import annotations

import os
from pathlib import Path

import click

from wilkc.core.errors import UsageError
from wilkc.runtime.audit.cosignature import witness_key as public_key
from wilkc.runtime.audit.cosignature import witness_signer_text
from wilkc.runtime.keys import SigningKey


@click.command("witness-key")
@click.argument("file", metavar="FILE")
@click.option("--name", required=True, metavar="NAME", help="Its name, such as `w.example/one`.")
def witness_key(*, file: str, name: str) -> None:
    """Make a key for a witness in FILE, which must not be there; print its public key."""
    key, path = SigningKey.generate(), Path(file)
    try:
        public, text = public_key(name, key.public).text, witness_signer_text(name, key)
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
