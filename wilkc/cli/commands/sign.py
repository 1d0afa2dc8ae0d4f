"""`wilkc sign`: sign a bundle. Layer: cli."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from wilkc.cli.files import write_atomically
from wilkc.cli.signing import read_bundle_file, sign_with
from wilkc.core.errors import UsageError


@click.command()
@click.argument("bundle")
@click.option("--key", required=True, metavar="FILE", help="Private key, made by `wilkc keys`.")
@click.option("--key-id", metavar="ID", help="Key id to name; default: the key file's stem.")
@click.option("--scope", metavar="NAME", help="Scope that the signature binds.")
@click.option("-o", "--output", metavar="FILE", help="Where it goes; default: in place.")
def sign(
    *, bundle: str, key: str, key_id: str | None, scope: str | None, output: str | None
) -> None:
    """Sign BUNDLE with an ES256 key; any signature it had is replaced.

    `-` is standard input or output.
    """
    target = output or bundle
    signed = sign_with(read_bundle_file(bundle), key, key_id=key_id, scope=scope)
    if target == "-":
        sys.stdout.buffer.write(signed)
        return
    if Path(target).is_dir():
        raise UsageError(f"`{target}` is a folder")
    write_atomically(Path(target), signed)
    click.echo(f"signed  {target}  {len(signed)} bytes", err=True)
