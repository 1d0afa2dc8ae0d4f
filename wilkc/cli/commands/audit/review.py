"""`wilkc audit review`: what a person says of records, on record. Layer: cli."""

from __future__ import annotations

from pathlib import Path

import click

from wilkc.cli.commands.audit.options import key_options
from wilkc.cli.recording import open_recorder
from wilkc.runtime.compliance import OUTCOMES, Opinion, record_review


@click.command()
@click.argument("directory", metavar="DIR")
@click.option("--by", required=True, metavar="NAME", help="Who reviewed; a person, by id.")
@click.option("--outcome", type=click.Choice(OUTCOMES), required=True, help="What came of it.")
@click.option("--violation", metavar="ID", help="The violation that was looked at.")
@click.option("--control", metavar="NAME", help="The control, for example `SOC2:CC6.4`.")
@click.option("--first", type=int, metavar="N", help="First record that was looked at.")
@click.option("--last", type=int, metavar="N", help="Last record that was looked at.")
@click.option("--text", default="", metavar="TEXT", help="Why; it is sealed.")
@key_options
def review(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    directory: str,
    by: str,
    outcome: str,
    violation: str | None,
    control: str | None,
    first: int | None,
    last: int | None,
    text: str,
    keys: str | None,
    provider: str | None,
) -> None:
    """Record that a person reviewed a violation, a control, or records of the log in DIR.

    `resolved` closes a violation, `out_of_scope` and `in_scope` are said of a control, and
    `reviewed` of anything.
    """
    opinion = Opinion(by, outcome, violation, control, first, last, text)
    with open_recorder(directory, keys, provider) as logger:
        receipt = record_review(logger, Path(directory), opinion)
    click.echo(f"on record as {receipt.seq}")
