"""`wilkc audit housekeeping`: whatever is due. Layer: cli."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from wilkc.cli.commands.audit.options import key_options, receipts_option
from wilkc.cli.exits import UNVERIFIED
from wilkc.cli.recording import hold_log, open_recorder
from wilkc.cli.shipping import shipped_events
from wilkc.runtime.audit.clock import Clock
from wilkc.runtime.audit.keeping import keep_keys, work_due
from wilkc.runtime.audit.retention import House, clock_doubt, confirm_clock, keep_house


@click.command()
@click.argument("directory", metavar="DIR")
@click.option("--root", metavar="VKEY", help="The key that `init` printed, to verify by.")
@click.option("--backup", metavar="DEST", help="Where the backup is kept up to date.")
@click.option("--clock-is-right", is_flag=True, help="Say so where the clock moved by a day.")
@receipts_option
@key_options
def housekeeping(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    directory: str,
    root: str | None,
    backup: str | None,
    clock_is_right: bool,
    receipts: tuple[str, ...],
    keys: str | None,
    provider: str | None,
) -> None:
    """Do for the log in DIR whatever is due; safe to repeat, best once an hour.

    Rotates keys, seals by age, destroys keys of content past its time, prunes, backs up,
    verifies each week and checks the backup each month. Exits with 5 if something does not
    verify.
    """
    doubt = clock_doubt(Path(directory), Clock())
    with open_recorder(directory, keys, provider) as logger:
        elsewhere = shipped_events(directory, logger.origin, receipts)
        if doubt is not None and clock_is_right:
            confirm_clock(logger)
            doubt = None
        rotation = work_due(logger.means)
        house = House(
            root=root,
            backup=Path(backup) if backup else None,
            doubt=doubt,
            elsewhere=elsewhere,
        )
        chores = keep_house(logger, house)
    if rotation:
        with hold_log(directory, keys, provider) as own:
            kept = keep_keys(own, may_destroy=doubt is None)
            chores.done += kept.done
            chores.skipped += kept.stopped
    for word, lines in (("done", chores.done), ("skipped", chores.skipped), ("BAD", chores.bad)):
        for line in lines:
            click.echo(f"{word:<7}  {line}")
    if not (chores.done or chores.skipped or chores.bad):
        click.echo("nothing is due")
    sys.exit(UNVERIFIED if chores.bad else 0)
