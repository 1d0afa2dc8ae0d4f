"""`wilkc schema`: the JSON Schema of documents, for editors. Layer: cli."""

from __future__ import annotations

import json

import click

from wilkc.spec import SCHEMA_KINDS, json_schema


@click.command()
@click.option(
    "--kind",
    type=click.Choice(list(SCHEMA_KINDS)),
    help="The schema of this kind of document alone; default: of all kinds.",
)
def schema(*, kind: str | None) -> None:
    """Print the JSON Schema (2020-12) of specs and policies.

    An editor that knows it completes and explains keys. It tells shapes only: what patterns
    mean, and what documents mean together, `wilkc check` tells.
    """
    click.echo(schema_text(kind), nl=False)


def schema_text(kind: str | None = None) -> str:
    """The schema as the text of a file."""
    return json.dumps(json_schema(kind), indent=2, ensure_ascii=False) + "\n"
