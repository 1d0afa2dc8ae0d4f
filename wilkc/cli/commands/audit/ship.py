"""`wilkc audit ship`: keeping closed segments elsewhere, too. Layer: cli."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import click

from wilkc.cli.commands.audit.options import format_option
from wilkc.cli.shipping import Wanted, note_receipts, open_sink, receipts_folder
from wilkc.runtime.sinks import check as check_sink
from wilkc.runtime.sinks import ship as ship_log

_SHOWN_DIGITS = 12


@click.command()
@click.argument("directory", metavar="DIR")
@click.option("--to", "place", required=True, metavar="PLACE", help="Where to; see above.")
@click.option("--root", required=True, metavar="VKEY", help="The key that `init` printed.")
@click.option("--receipts", metavar="DIR", help="Its receipts; default: DIR with `.sinks`.")
@click.option("--endpoint", default="", metavar="URL", help="Of an S3-compatible storage.")
@click.option("--ca", "ca_file", default="", metavar="FILE", help="Certificates to trust there.")
@click.option(
    "--lock-days",
    type=click.IntRange(min=1),
    default=365,
    show_default=True,
    metavar="DAYS",
    help="How long nothing there may be deleted.",
)
@click.option("--make", is_flag=True, help="Make the tables in a database, if they are missing.")
@click.option("--check", is_flag=True, help="Ship nothing: read everything there again.")
@format_option
def ship(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    directory: str,
    place: str,
    root: str,
    receipts: str | None,
    endpoint: str,
    ca_file: str,
    lock_days: int,
    make: bool,
    check: bool,
    form: str,
) -> None:
    """Ship the closed segments of the log in DIR and its newest checkpoint to PLACE.

    PLACE is a folder that is there, `s3://BUCKET/PREFIX` with Object Lock, or the address of
    a database, `postgresql://…`. What was shipped is read back and verified before its
    receipt is written; a receipt is what lets a local segment go. Safe to repeat, and never
    in the way of a decision.
    """
    folder = receipts_folder(directory, receipts)
    wanted = Wanted(place, endpoint, ca_file, lock_days, make)
    with closing(open_sink(wanted, Path(directory))) as sink:
        if check:
            found = check_sink(sink, folder, root)
        else:
            note_receipts(directory, receipts)
            found = ship_log(Path(directory), sink, folder, root)
    if form == "json":
        click.echo(json.dumps(asdict(found)))
        return
    done = "verified there" if check else f"{found.segments} shipped now"
    head = f", tree head {found.root[:_SHOWN_DIGITS]}…" if found.root else ""
    click.echo(f"{found.sink}: {found.size} events{head}; {done}")
    click.echo(f"newest checkpoint there covers {found.checkpoint} events")
