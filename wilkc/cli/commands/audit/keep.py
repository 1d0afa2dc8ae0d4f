"""`wilkc audit keep`: looking after a log while it is written. Layer: cli."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import click

from wilkc.cli.alerting import alerts_path
from wilkc.cli.commands.audit.options import key_options
from wilkc.cli.housekeeping import Housed, do_chores
from wilkc.cli.log_lines import log_line
from wilkc.cli.record_places import keys_path
from wilkc.cli.recording import shared_log
from wilkc.cli.signals import end_in_order, pause
from wilkc.core.errors import UnavailableError, UsageError, VerificationError
from wilkc.runtime.compliance import STANDARDS
from wilkc.runtime.upkeep import Chore, Watch, Worker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.cli.scheduled_reports import Wishes

HOUR_SECONDS: Final = 3600.0
BEAT_SECONDS: Final = 1.0
_END_SECONDS: Final = 3.0
"""For the chore under way; one that takes longer ends as by a crash, which all may."""


@click.command()
@click.argument("directory", metavar="DIR")
@click.option("--alerts", metavar="DIR", help="Its alerts; default: DIR with `.alerts`.")
@click.option("--root", metavar="VKEY", help="The key that `init` printed, to verify by.")
@click.option("--backup", metavar="DEST", help="Where the backup is kept up to date.")
@click.option("--reports", metavar="DIR", help="Where a report of each month is written.")
@click.option("--report", "standards", multiple=True, type=click.Choice(STANDARDS),
              help="A standard to report on each month.")  # fmt: skip
@click.option("--checkpoint", metavar="FILE",
              help="Reports: a checkpoint kept elsewhere; default: the log's own.")  # fmt: skip
@click.option("--status", is_flag=True, help="Print every second how it fares, as JSON.")
@key_options
def keep(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    directory: str,
    alerts: str | None,
    root: str | None,
    backup: str | None,
    reports: str | None,
    standards: tuple[str, ...],
    checkpoint: str | None,
    status: bool,
    keys: str | None,
    provider: str | None,
) -> None:
    """Look after the log in DIR until told to end; `wilkc serve --audit` starts one by itself.

    Every second the rules judge what is new and people are told of alerts; every hour all of
    `wilkc audit housekeeping` is done, and reports of months that ended are issued. Decisions
    never wait for any of this. Ends in order at SIGINT and SIGTERM.
    """
    wishes = _wishes(reports, standards, checkpoint, root)
    housed = Housed(directory, keys, provider, root, backup)
    end_in_order(0)
    # What is wrong with its keys is told of, once it goes on.
    log = shared_log(directory, keys, provider, patient=True)
    folder = alerts_path(directory, alerts)
    watch = Watch(log, Path(directory), keys_path(directory, keys), folder)
    if not watch.tells:
        _log(f"nobody is told of alerts: there is no `{folder}/alerts.toml`")
    if root is None:
        _log("the log is not verified: `--root` names no key")
    quick = [
        Chore("log", 10.0, watch.try_log, again_seconds=5.0),
        Chore("rules", 1.0, watch.judge, again_seconds=5.0),
        Chore("alerts", 1.0, watch.tell, again_seconds=5.0),
    ]
    hourly = [Chore("housekeeping", HOUR_SECONDS, partial(_house, housed))]
    if wishes is not None:
        hourly.append(Chore("reports", HOUR_SECONDS, partial(_report, housed, wishes, watch)))
    workers = (Worker(quick, _log), Worker(hourly, _log))
    try:
        _attend(workers, status=status)
    finally:
        for worker in workers:
            worker.stop()
        ended = [worker.join(_END_SECONDS) for worker in workers]
        if all(ended):
            watch.close()


def _attend(workers: Sequence[Worker], *, status: bool) -> NoReturn:
    for worker in workers:
        worker.start()
    while True:
        if status:
            chores = {one.name: one.as_json() for worker in workers for one in worker.chores}
            click.echo(json.dumps({"chores": chores}, sort_keys=True))
        if not all(worker.alive for worker in workers):
            raise UnavailableError("a thread of it ended")
        pause(BEAT_SECONDS)


def _wishes(
    reports: str | None, standards: tuple[str, ...], checkpoint: str | None, root: str | None
) -> Wishes | None:
    if not standards and reports is None and checkpoint is None:
        return None
    if not standards or reports is None or root is None:
        raise UsageError(
            "reports need to be told what, where, and by which key the log verifies",
            help_text="for example: --report SOC2 --reports DIR --root VKEY",
        )
    if not Path(reports).is_dir():
        raise UsageError(f"there is no folder `{reports}`")
    from wilkc.cli.scheduled_reports import Wishes  # noqa: PLC0415  # loads the templates

    return Wishes(reports, standards, checkpoint)


def _house(housed: Housed) -> None:
    chores = do_chores(housed)
    for line in chores.done:
        _log(f"housekeeping: {line}")
    if chores.bad:
        raise VerificationError("; ".join(chores.bad))
    doubted = [line for line in chores.skipped if line.startswith("expiry and pruning")]
    if doubted:
        raise UnavailableError(doubted[0])


def _report(housed: Housed, wishes: Wishes, watch: Watch) -> None:
    from wilkc.cli.scheduled_reports import OverdueError, issue_due  # noqa: PLC0415  # as above

    try:
        issue_due(housed, wishes)
    except OverdueError as error:
        if error.overdue:
            watch.stands(frozenset({"fact.report_overdue"}))
        raise
    watch.stands(frozenset())


def _log(text: str) -> None:
    log_line(f"wilkc audit keep: {text}")
