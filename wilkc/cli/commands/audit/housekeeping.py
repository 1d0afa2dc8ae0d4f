"""`wilkc audit housekeeping`: whatever is due. Layer: cli."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from wilkc.cli.commands.audit.options import key_options, receipts_option
from wilkc.cli.decision_text import printable
from wilkc.cli.deploying import TIMER_KINDS, housekeeping_unit
from wilkc.cli.exits import UNVERIFIED
from wilkc.cli.housekeeping import Housed, do_chores
from wilkc.cli.record_serving import Record

if TYPE_CHECKING:
    from wilkc.cli.deploying import TimerKind


@click.command()
@click.argument("directory", metavar="DIR")
@click.option("--root", metavar="VKEY", help="The key that `init` printed, to verify by.")
@click.option("--backup", metavar="DEST", help="Where the backup is kept up to date.")
@click.option("--clock-is-right", is_flag=True, help="Say so where the clock moved by a day.")
@receipts_option
@click.option("--print", "printed", type=click.Choice(TIMER_KINDS),
              help="Do nothing: print a systemd unit that does, or its hourly timer.")  # fmt: skip
@key_options
def housekeeping(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    directory: str,
    root: str | None,
    backup: str | None,
    clock_is_right: bool,
    receipts: tuple[str, ...],
    printed: TimerKind | None,
    keys: str | None,
    provider: str | None,
) -> None:
    """Do for the log in DIR whatever is due; safe to repeat, best once an hour.

    Rotates keys, seals by age, destroys keys of content past its time, prunes, backs up,
    verifies each week and checks the backup each month. Exits with 5 if something does not
    verify.
    """
    housed = Housed(directory, keys, provider, root, backup, receipts)
    if printed is not None:
        record = Record(directory, keys, provider, audit_root=root, backup=backup)
        options = record.housekeeping_words()
        click.echo(housekeeping_unit(printed, directory, options, record.writable()), nl=False)
        return
    chores = do_chores(housed, clock_is_right=clock_is_right)
    for word, lines in (("done", chores.done), ("skipped", chores.skipped), ("BAD", chores.bad)):
        for line in lines:
            click.echo(printable(f"{word:<7}  {line}"))
    if not (chores.done or chores.skipped or chores.bad):
        click.echo("nothing is due")
    sys.exit(UNVERIFIED if chores.bad else 0)
