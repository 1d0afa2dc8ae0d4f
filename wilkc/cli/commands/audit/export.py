"""`wilkc audit export`: a log in the forms of other systems. Layer: cli."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from wilkc.cli.commands.audit.filtering import filter_of, filter_options
from wilkc.cli.commands.audit.options import checkpoint_text
from wilkc.cli.record_forms import record_lines
from wilkc.core.errors import UsageError
from wilkc.runtime.audit import follow
from wilkc.runtime.audit.export import ocsf_event, otlp_request, write_tiles
from wilkc.runtime.audit.query import scan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wilkc.runtime.audit.query import Filter


@click.command()
@click.argument("directory", metavar="DIR")
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(["csv", "jsonl", "ocsf", "otlp", "tiles"]),
    required=True,
    help="csv, one record a line (jsonl), OCSF 1.9.0 events, OpenTelemetry log records (otlp), "
    "or tiles of a transparency log.",
)
@click.option("-o", "--output", metavar="PATH", help="A new folder, for tiles.")
@click.option("--checkpoint", metavar="FILE", help="Of the tiles; default: the published one.")
@filter_options
def export(
    *, directory: str, form: str, output: str | None, checkpoint: str | None, **wanted: Any
) -> None:
    """Write the records of the log in DIR in another form, which is a copy and not the record.

    Records are not verified: `verify` does that. Tiles are compared with the checkpoint.
    """
    log, chosen = Path(directory), filter_of(wanted)
    if (form == "tiles") != (output is not None):
        raise UsageError("tiles, and nothing else, are written to a folder: `--output`")
    if output is not None:
        text = checkpoint_text(log, checkpoint)
        count = write_tiles(log, Path(output), text)
        click.echo(f"exported  {count:,} events to {output}", err=True)
        return
    for line in _lines(log, chosen, form):
        click.echo(line)


def _lines(log: Path, wanted: Filter, form: str) -> Iterable[str]:
    if form in _EVENTS:
        return _events(log, wanted, _EVENTS[form])
    return record_lines(scan(log, wanted), "csv" if form == "csv" else "json", wanted.profile)


_Form = Callable[[Mapping[str, Any], bytes, bytes | None], dict[str, Any]]
_EVENTS: Final[dict[str, _Form]] = {"ocsf": ocsf_event, "otlp": otlp_request}


def _events(log: Path, wanted: Filter, form: _Form) -> Iterator[str]:
    for one in follow(log):
        if wanted.matches(one.record):
            yield json.dumps(form(one.record, one.stored, one.signature))
