"""`wilkc audit detect`: the rules over what was written since the last time. Layer: cli."""

from __future__ import annotations

from pathlib import Path

import click

from wilkc.cli.commands.audit.options import key_options
from wilkc.cli.decision_text import printable
from wilkc.cli.record_places import keys_path
from wilkc.cli.recording import open_recorder
from wilkc.runtime.compliance import RULES_BY_ID
from wilkc.runtime.compliance import detect as detect_violations


@click.command()
@click.argument("directory", metavar="DIR")
@key_options
def detect(*, directory: str, keys: str | None, provider: str | None) -> None:
    """Judge the new records of the log in DIR by all rules; put each violation on record.

    Safe to repeat: it goes on where it was, and nothing is recorded twice. Violations do not
    change the exit code: they are facts on record, which alerts and reports take up.
    """
    with open_recorder(directory, keys, provider) as logger:
        found = detect_violations(logger, Path(directory), keys_path(directory, keys))
    for one in found:
        title = RULES_BY_ID[one.rule].title
        click.echo(printable(f"{one.rule:<4} {one.severity:<8} record {one.seq}: {title}"))
    click.echo(f"violations: {len(found)} new", err=True)
