"""`wilkc verify`: verify a bundle. Layer: cli."""

from __future__ import annotations

import json

import click

from wilkc.cli.signing import read_bundle_file, verify_with


@click.command()
@click.argument("bundle")
@click.option(
    "--key",
    "keys",
    required=True,
    multiple=True,
    metavar="FILE",
    help="Public key of who signs; several while keys change.",
)
@click.option("--key-id", metavar="ID", help="The only key's id; default: the key file's stem.")
@click.option("--scope", metavar="NAME", help="Scope that the signature must bind.")
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How the result is shown.",
)
def verify(
    *, bundle: str, keys: tuple[str, ...], key_id: str | None, scope: str | None, form: str
) -> None:
    """Verify the signature, the scope and every member of BUNDLE; `-` is standard input.

    Exits with 5 when anything does not verify.
    """
    found, _ = verify_with(read_bundle_file(bundle), keys, key_id=key_id, scope=scope)
    if form == "json":
        result = {
            "revision": found.revision,
            "files": list(found.files),
            "key_id": found.key_id,
            "scope": found.scope,
            "sequence": found.sequence,
        }
        click.echo(json.dumps(result, ensure_ascii=False))
        return
    scoped = f"scope {found.scope}" if found.scope else "no scope"
    place = f"sequence {found.sequence}" if found.sequence else "no sequence"
    files = f"{len(found.files)} files  key {found.key_id}"
    click.echo(f"verified  revision {found.revision}  {place}  {files}  {scoped}")
