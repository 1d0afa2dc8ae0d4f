"""`wilkc audit show`: listing a log's records. Layer: cli."""

from __future__ import annotations

import json
from pathlib import Path

import click

from wilkc.cli.audit_text import record_text
from wilkc.cli.commands.audit.options import format_option
from wilkc.runtime.audit import unverified_records


@click.command()
@click.argument("directory", metavar="DIR")
@format_option
def show(*, directory: str, form: str) -> None:
    """List the records of the log in DIR. They are not verified: `verify` does that."""
    for record in unverified_records(Path(directory)):
        click.echo(json.dumps(record) if form == "json" else record_text(record))
