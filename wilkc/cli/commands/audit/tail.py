"""`wilkc audit tail`: the newest records, and those that come. Layer: cli."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from wilkc.cli.commands.audit.filtering import filter_of, filter_options
from wilkc.cli.commands.audit.options import records_format_option
from wilkc.cli.record_forms import record_lines
from wilkc.core.errors import UsageError
from wilkc.runtime.audit import Cursor, follow, load_cursor, save_cursor
from wilkc.runtime.audit.query import last_records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.cli.record_forms import Form
    from wilkc.runtime.audit.query import Filter

_PAUSE_SECONDS: Final = 0.2


@click.command()
@click.argument("directory", metavar="DIR")
@click.option(
    "-n", "--lines", type=click.IntRange(min=0, max=100_000), default=10, show_default=True,
    metavar="N", help="How many of the newest are shown first.",
)  # fmt: skip
@click.option("--follow", "following", is_flag=True, help="Show those that come, until stopped.")
@click.option("--cursor", metavar="FILE", help="Go on where FILE says, and keep the place in it.")
@filter_options
@records_format_option
def tail(  # a command has as many arguments as options
    *,
    directory: str,
    lines: int,
    following: bool,
    cursor: str | None,
    form: Form,
    **wanted: Any,
) -> None:
    """Show the newest records of the log in DIR. They are not verified: `verify` does that.

    With `--cursor` every record comes once over all calls, and a log that is smaller or
    another one than the cursor knows is refused.
    """
    chosen, log = filter_of(wanted), Path(directory)
    kept = Path(cursor) if cursor else None
    records = _records(log, chosen, lines, kept, following=following)
    try:
        for line in record_lines(records, form, chosen.profile):
            click.echo(line)
    except KeyboardInterrupt:
        return


def _records(
    log: Path, wanted: Filter, lines: int, kept: Path | None, *, following: bool
) -> Iterator[dict[str, Any]]:
    if kept is None:
        newest, place = last_records(log, lines, wanted)
        yield from newest
    else:
        place = load_cursor(kept)
    while following or kept is not None:
        before = place
        for one in follow(log, place):
            if wanted.matches(one.record):
                yield one.record
            place = one.cursor
        if kept is not None and place != before:
            _keep(kept, place)
        if not following:
            return
        time.sleep(_PAUSE_SECONDS)


def _keep(path: Path, place: Cursor) -> None:
    try:
        save_cursor(path, place)
    except OSError as error:
        raise UsageError(f"cannot write the cursor `{path}`: {error.strerror}") from error
