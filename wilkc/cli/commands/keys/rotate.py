"""`wilkc keys rotate`: replacing the keys of a log. Layer: cli."""

from __future__ import annotations

import click

from wilkc.cli.commands.audit.options import key_options
from wilkc.cli.decision_text import printable
from wilkc.cli.keeping import open_keeper


@click.command()
@click.argument("directory", metavar="DIR")
@click.option(
    "--due/--now", "due", default=True, show_default=True, help="What is due, or at once."
)
@click.option("--confirm-clock", is_flag=True, help="A person has looked: the clock is right.")
@key_options
def rotate(
    *, directory: str, due: bool, confirm_clock: bool, keys: str | None, provider: str | None
) -> None:
    """Replace the keys of the log in DIR that wrap its other keys, and destroy old ones.

    Old records still open. It is safe to repeat; run it daily. While the clock is in doubt
    nothing is destroyed.
    """
    with open_keeper(directory, keys, provider) as keeper:
        told = keeper.work(force=not due, confirmed=confirm_clock)
    for line in told:
        click.echo(printable(line))
    if not told:
        click.echo("nothing was due")
