"""`wilkc audit alerts`: what people should know, and telling them. Layer: cli."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from wilkc.cli.alerting import alert_text, alerts_path
from wilkc.cli.commands.audit.options import format_option, key_options
from wilkc.cli.recording import shared_log
from wilkc.cli.signals import end_in_order, pause
from wilkc.core.errors import UnavailableError
from wilkc.runtime.alerts import Watcher, open_alerts

if TYPE_CHECKING:
    from collections.abc import Callable

    from wilkc.core.audit_settings import RiskProfile

OPENING: Final = 30.0
"""Seconds in which somebody else's turn at the folder or the log ends, as of a timer's `--run`."""
PATIENCE: Final = 300.0
"""Seconds for which every step may fail; who restarts programs is better than one that is mute."""
_PAUSE: Final = 0.2


def _patiently(opened: Callable[[], Watcher]) -> Watcher:
    """A watcher, as soon as the folder and the log can be had."""
    until = time.monotonic() + OPENING
    while True:
        try:
            return opened()
        except UnavailableError:
            if time.monotonic() >= until:
                raise
        pause(_PAUSE)


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

            def opened() -> Watcher:
                recorder = shared_log(directory, keys, provider)
                return Watcher(Path(directory), folder, recorder, profile=risk_profile)

            with _patiently(opened) if watch else opened() as watcher:
                if watch:
                    watcher.run(threading.Event(), patience=PATIENCE)
                watcher.catch_up()
        found = open_alerts(Path(directory), folder)
    except OSError as error:
        raise UnavailableError(f"cannot use the alerts at `{folder}`: {error.strerror}") from error
    for one in found:
        click.echo(json.dumps(asdict(one)) if form == "json" else alert_text(one))
