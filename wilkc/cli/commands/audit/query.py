"""`wilkc audit query`: finding records. Layer: cli."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wilkc.cli.commands.audit.filtering import filter_of, filter_options
from wilkc.cli.commands.audit.options import key_options, reader_options, records_format_option
from wilkc.cli.record_forms import record_lines
from wilkc.cli.recording import open_keys, open_recorder
from wilkc.core.errors import UsageError
from wilkc.runtime.audit.opening import Reader, opened, record_opening
from wilkc.runtime.audit.query import INDEX, scan, update_index
from wilkc.runtime.audit.query import query as find

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from wilkc.cli.record_forms import Form


@dataclass(frozen=True, slots=True)
class Open:
    """Reading what is sealed, as the command line says it."""

    directory: str
    keys: str | None
    provider: str | None
    by: str | None
    reason: str | None


@click.command()
@click.argument("directory", metavar="DIR")
@filter_options
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most so many.")
@click.option("--index", metavar="FILE", help="The index; default: `index.sqlite` in DIR.")
@click.option("--exhaustive", is_flag=True, help="Read every record, without an index.")
@click.option("--open", "opening", is_flag=True, help="Show what is sealed, too; on record.")
@reader_options(required=False)
@key_options
@records_format_option
def query(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    directory: str,
    limit: int | None,
    index: str | None,
    exhaustive: bool,
    opening: bool,
    by: str | None,
    reason: str | None,
    keys: str | None,
    provider: str | None,
    form: Form,
    **wanted: Any,
) -> None:
    """List the records of the log in DIR that match. They are not verified: `verify` does that.

    The index is brought up to date first. Each hit is read again from the log, so that an
    index can leave records out but not make any up; `--exhaustive` leaves nothing out.

    With `--open` who holds the keys reads what is sealed, as `opened` beside each record; null
    is what does not open. It goes on record first (`config.access`), by `--by` and `--reason`.
    """
    chosen, log = filter_of(wanted), Path(directory)
    if opening and form != "json":
        raise UsageError("what is sealed is shown with `-f json`")
    opener = _opener(Open(directory, keys, provider, by, reason), wanted) if opening else None
    if exhaustive:
        found = scan(log, chosen)
    else:
        place = Path(index) if index else log / INDEX
        update_index(log, place)
        found = find(log, place, chosen)
    shown = islice(found, limit)
    records: Iterable[Mapping[str, Any]] = shown if opener is None else map(opener, shown)
    for line in record_lines(records, form, chosen.profile):
        click.echo(line)


def _opener(access: Open, wanted: Mapping[str, Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Opens records, once that is on record."""
    directory, keys, provider = access.directory, access.keys, access.provider
    if access.by is None or access.reason is None:
        raise UsageError("say who reads and why by `--by` and `--reason`: it goes on record")
    reader = Reader(access.by, access.reason)
    with open_recorder(directory, keys, provider) as logger:
        record_opening(logger, reader, {n: v for n, v in wanted.items() if v is not None})
    store = open_keys(directory, keys, provider)
    return lambda record: opened(record, store, Path(directory))
