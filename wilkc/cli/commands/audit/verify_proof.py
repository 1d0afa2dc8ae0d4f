"""`wilkc audit verify-proof`: the proof of one record, without the log. Layer: cli."""

from __future__ import annotations

import json

import click

from wilkc.cli.audit_text import record_text
from wilkc.cli.commands.audit.options import format_option, read_text
from wilkc.runtime.audit.export import verify_bundle


@click.command("verify-proof")
@click.argument("file", metavar="FILE")
@click.option("--root", required=True, metavar="VKEY", help="The key that `init` printed.")
@format_option
def verify_proof(*, file: str, root: str, form: str) -> None:
    """Verify the proof in FILE with nothing but the root key, and show its record.

    Exits with 5 if it does not hold.
    """
    proven = verify_bundle(read_text(file, "proof"), root)
    checkpoint = proven.checkpoint
    if form == "json":
        shown = {
            "checkpoint": {
                "origin": checkpoint.origin, "root": checkpoint.root.hex(), "size": checkpoint.size
            },
            "key": proven.key.text,
            "record": proven.record,
        }  # fmt: skip
        click.echo(json.dumps(shown))
        return
    click.echo(record_text(proven.record))
    click.echo(
        f"proven    record {proven.record['seq']:,} of {checkpoint.origin}, among the first"
        f" {checkpoint.size:,}, signed by {proven.key.name}+{proven.key.id.hex()}",
        err=True,
    )
