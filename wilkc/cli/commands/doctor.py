"""`wilkc doctor`: what this machine can enforce, and how to mend the rest. Layer: cli."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from wilkc.cli import exits
from wilkc.cli.host_text import rows_text
from wilkc.cli.options import format_option
from wilkc.cli.signals import end_in_order
from wilkc.runtime.host import Asked, diagnose, gather, not_enforceable


@click.command()
@click.option("--workspace", default=".", metavar="DIR", help="Where commands shall work.")
@click.option("--run-as", default="", metavar="USER", help="Whom root shall run commands as.")
@click.option("--socket", metavar="PATH", help="A decision point that has to answer.")
@click.option("--revision", default="", metavar="REV", help="Beside --socket: by this revision.")
@click.option("--audit", metavar="DIR", envvar="WILK_AUDIT", help="A log that has to be writable.")
@click.option("--strict", is_flag=True, help="Count what is degraded as missing.")
@format_option(["text", "json"], "How the rows are shown.")
def doctor(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    workspace: str,
    run_as: str,
    socket: str | None,
    revision: str,
    audit: str | None,
    strict: bool,
    form: str,
) -> None:
    """Show what this machine can enforce, and how to mend what it cannot.

    Launches a command with every option of a real launch, and takes back what it made. Exits
    with 0 when launches work, 7 when something is missing; with --strict also when a layer is
    degraded, which a policy has to name before a command runs.
    """
    end_in_order()
    asked = Asked(
        Path(workspace).absolute(),
        run_as,
        Path(socket) if socket is not None else None,
        revision,
        Path(audit) if audit is not None else None,
    )
    rows = diagnose(gather(asked))
    failed = not_enforceable(rows, strict=strict)
    if form == "json":
        shown = {"rows": [row.as_json() for row in rows], "enforceable": not failed}
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
    else:
        click.echo(rows_text(rows))
    sys.exit(exits.UNAVAILABLE if failed else exits.OK)
