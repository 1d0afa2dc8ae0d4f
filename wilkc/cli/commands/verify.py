"""`wilkc verify`: verify a bundle. Layer: cli."""

from __future__ import annotations

import json

import click

from wilkc.cli.options import format_option, key_options
from wilkc.cli.signing import read_bundle_file, verify_with


@click.command()
@click.argument("bundle")
@key_options("Public key of who signs.", "Scope that the signature must bind.", required=True)
@format_option(["text", "json"], "How the result is shown.")
def verify(*, bundle: str, key: str, key_id: str | None, scope: str | None, form: str) -> None:
    """Verify the signature, the scope and every member of BUNDLE; `-` is standard input.

    Exits with 5 when anything does not verify.
    """
    found, _ = verify_with(read_bundle_file(bundle), key, key_id=key_id, scope=scope)
    if form == "json":
        result = {
            "revision": found.revision,
            "files": list(found.files),
            "key_id": found.key_id,
            "scope": found.scope,
        }
        click.echo(json.dumps(result, ensure_ascii=False))
        return
    scoped = f"scope {found.scope}" if found.scope else "no scope"
    files = f"{len(found.files)} files"
    click.echo(f"verified  revision {found.revision}  {files}  key {found.key_id}  {scoped}")
