"""`wilkc import`: another tool's rules as a spec. Layer: cli."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from wilkc.cli.decision_text import printable
from wilkc.cli.files import write_atomically
from wilkc.cli.sources import STDIN, read_stdin
from wilkc.compiler import check
from wilkc.core.errors import UsageError
from wilkc.importers import SOURCES, import_rules

MOST_BYTES: Final = 16 * 2**20
"""Of one file."""


@click.command("import")
@click.argument("source", metavar="SOURCE", type=click.Choice(tuple(SOURCES)))
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--agent", default="imported", metavar="NAME", help="Whose spec it becomes.")
@click.option("-o", "--output", metavar="FILE", default="-", help="Where the spec goes.")
def import_command(*, source: str, files: tuple[str, ...], agent: str, output: str) -> None:
    """Turn the rules of SOURCE in FILE... into a spec that allows no more than they did.

    What cannot be carried over is told on standard error, rule by rule. SOURCE is claude
    (settings.json), codex (.rules), deno (deno.json, or deno.json#TASK), gemini (settings.json
    and policies in .toml, all together) or openshell (a policy in YAML). `-` is standard input.
    """
    draft = import_rules(source, {name: _content(name) for name in files})
    for note in draft.notes:
        # A rule is a text of somebody else's: it moves no cursor and starts no line.
        click.echo(printable(f"{note.place}: `{note.text}`: {note.why}"), err=True)
    count = len(draft.notes)
    click.echo(f"{count} rules are not carried over as they are", err=True)
    text = draft.document(agent)
    # The language itself has the last word: an entry that only a whole compile refuses.
    errors = [one for one in check({f"{agent}.yaml": text.encode()}) if one.severity == "error"]
    if errors:
        raise UsageError(f"the rules make no valid spec: {errors[0].message}")
    if output == STDIN:
        click.echo(text, nl=False)
    else:
        write_atomically(Path(output), text.encode())


def _content(name: str) -> bytes:
    if name == STDIN:
        return read_stdin(MOST_BYTES)
    path = Path(name if Path(name).exists() else name.partition("#")[0])
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read `{path}`: {error.strerror}") from error
    if len(data) > MOST_BYTES:
        raise UsageError(f"`{path}` is larger than {MOST_BYTES // 2**20} MiB")
    return data
