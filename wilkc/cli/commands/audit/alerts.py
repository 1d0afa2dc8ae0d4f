"""`wilkc audit alerts`: what people should know, and telling them. Layer: cli."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wilkc.cli.alerting import alert_text, alerts_path
from wilkc.cli.commands.audit.options import format_option, key_options
from wilkc.cli.recording import shared_log
from wilkc.cli.signals import end_in_order
from wilkc.core.errors import UnavailableError
from wilkc.runtime.alerts import Watcher, open_alerts

if TYPE_CHECKING:
    from wilkc.core.audit_settings import RiskProfile


@click.command()
@click.argument("directory", metavar="DIR")
@click.option("--alerts", metavar="DIR", help="Its alerts; default: DIR with `.alerts`.")
@key_options
@click.option("--run", is_flag=True, help="Judge what is new and tell people what is due, once.")
@click.option("--watch", is_flag=True, help="The same, until told to end.")
@click.option("--risk-profile", type=click.Choice(["graded", "seed"]),
              help="Judge by levels of risk computed anew; default: as on record.")  # fmt: skip
@format_option
def alerts(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    directory: str,
    alerts: str | None,
    keys: str | None,
    provider: str | None,
    run: bool,
    watch: bool,
    risk_profile: RiskProfile | None,
    form: str,
) -> None:
    """List the open alerts of the log in DIR: those that nobody acknowledged.

    With `--run` or `--watch` the log is judged first, and people are told as `alerts.toml`
    in the folder of alerts says. Decisions never wait for any of this.
    """
    folder = alerts_path(directory, alerts)
    try:
        if run or watch:
            if watch:
                end_in_order(0)
            recorder = shared_log(directory, keys, provider)
            log = Path(directory)
            with Watcher(log, folder, recorder, profile=risk_profile) as watcher:
                if watch:
                    watcher.run(threading.Event())
                watcher.catch_up()
        found = open_alerts(Path(directory), folder)
    except OSError as error:
        raise UnavailableError(f"cannot use the alerts at `{folder}`: {error.strerror}") from error
    for one in found:
        click.echo(json.dumps(asdict(one)) if form == "json" else alert_text(one))
