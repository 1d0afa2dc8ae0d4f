"""`wilkc audit query`: finding records. Layer: cli."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wilkc.cli.commands.audit.filtering import filter_of, filter_options
from wilkc.cli.commands.audit.options import records_format_option
from wilkc.cli.operators import require_operator
from wilkc.cli.record_forms import record_lines
from wilkc.runtime.audit.query import INDEX, scan, update_index
from wilkc.runtime.audit.query import query as find

if TYPE_CHECKING:
    from wilkc.cli.record_forms import Form


@click.command()
@click.argument("directory", metavar="DIR")
@filter_options
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most so many.")
@click.option("--index", metavar="FILE", help="The index; default: `index.sqlite` in DIR.")
@click.option("--exhaustive", is_flag=True, help="Read every record, without an index.")
@records_format_option
def query(  # a command has as many arguments as options
    *,
    directory: str,
    limit: int | None,
    index: str | None,
    exhaustive: bool,
    form: Form,
    **wanted: Any,
) -> None:
    """List the records of the log in DIR that match. They are not verified: `verify` does that.

    The index is brought up to date first. Each hit is read again from the log, so that an
    index can leave records out but not make any up; `--exhaustive` leaves nothing out.
    """
    if wanted["subject"] is not None:
        require_operator("wilk.audit.query", reads=True)
    chosen, log = filter_of(wanted), Path(directory)
    if exhaustive:
        found = scan(log, chosen)
    else:
        place = Path(index) if index else log / INDEX
        update_index(log, place)
        found = find(log, place, chosen)
    for line in record_lines(islice(found, limit), form):
        click.echo(line)
