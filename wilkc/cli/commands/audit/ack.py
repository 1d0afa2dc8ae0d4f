"""`wilkc audit ack`: saying that somebody looks after an alert. Layer: cli."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import click

from wilkc.cli.alerting import alerts_path
from wilkc.cli.recording import audit_options, open_recorder
from wilkc.core.errors import UnavailableError, UsageError
from wilkc.runtime.alerts import acknowledge, find_open


@click.command()
@click.argument("alert", metavar="ID")
@audit_options
@click.option("--alerts", metavar="DIR", help="Its alerts; default: the log's path with `.alerts`.")
@click.option("--by", metavar="NAME", help="Who acknowledges; default: the user's name.")
def ack(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    alert: str,
    audit: str | None,
    audit_keys: str | None,
    audit_provider: str | None,
    alerts: str | None,
    by: str | None,
) -> None:
    """Acknowledge the open alert whose id begins with ID, on record."""
    if audit is None:
        raise UsageError("name the log by `--audit DIR`")
    folder = alerts_path(audit, alerts)
    try:
        found = find_open(Path(audit), folder, alert)
        with open_recorder(audit, audit_keys, audit_provider) as recorder:
            recorded = acknowledge(folder, found.id, by or _user(), recorder)
    except OSError as error:
        raise UnavailableError(f"cannot use the alerts at `{folder}`: {error.strerror}") from error
    if recorded:
        click.echo(f"acknowledged {found.id}")
    else:
        click.echo(f"acknowledged {found.id}; the watcher at work will put it on record")


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
