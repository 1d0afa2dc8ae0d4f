"""`wilkc audit prune`: taking away what is past its time. Layer: cli."""

from __future__ import annotations

from pathlib import Path

import click

from wilkc.cli.commands.audit.options import key_options, receipts_option
from wilkc.cli.recording import open_recorder
from wilkc.cli.shipping import shipped_events
from wilkc.core.errors import GateError
from wilkc.runtime.audit.clock import Clock
from wilkc.runtime.audit.retention import clock_doubt, confirm_clock, prunable, prune


@click.command("prune")
@click.argument("directory", metavar="DIR")
@click.option("--dry-run", is_flag=True, help="Only list what is past its time.")
@click.option("--clock-is-right", is_flag=True, help="Say so where the clock moved by a day.")
@receipts_option
@key_options
def prune_log(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    directory: str,
    dry_run: bool,
    clock_is_right: bool,
    receipts: tuple[str, ...],
    keys: str | None,
    provider: str | None,
) -> None:
    """Prune the sealed segments of the log in DIR that are past their retention.

    What is under hold, and what an action still runs from, is kept; so is, once a log is
    shipped elsewhere, what has no receipt from every place. A stub stays of each, so that
    every old proof and every old root still verifies.
    """
    doubt = clock_doubt(Path(directory), Clock())
    if doubt is not None and not clock_is_right and not dry_run:
        raise GateError(
            f"nothing is pruned: {doubt}",
            help_text="set the clock; if it is right, say so by `--clock-is-right`",
        )
    with open_recorder(directory, keys, provider) as logger:
        elsewhere = shipped_events(directory, logger.origin, receipts)
        if doubt is not None and not dry_run:
            confirm_clock(logger)
        found = prunable(logger) if dry_run else prune(logger, elsewhere=elsewhere)
    word = "past their time" if dry_run else "pruned"
    for one in found:
        click.echo(f"{word}  records {one.first:,} to {one.last:,}")
    if not found:
        click.echo("nothing to prune")
