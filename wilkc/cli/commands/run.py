"""`wilkc run`: one command of an agent, decided, confined and on the record. Layer: cli.

Its exit status is the command's own; everything else has statuses from 119 to 127, wrong
usage included, so that the two are never confused.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from wilkc.cli.decision_text import decision_text, printable
from wilkc.cli.diagnostics import as_text
from wilkc.cli.launch_text import Shown
from wilkc.cli.main import show_refusal
from wilkc.cli.options import source_options
from wilkc.cli.outcome_file import OutcomeFile, outcome_file
from wilkc.cli.own_files import own_files
from wilkc.cli.passing import Passage, voice
from wilkc.cli.rates import open_rates
from wilkc.cli.record_places import provider_place
from wilkc.cli.running import Source, check_source, command_request, open_source
from wilkc.cli.signals import end_in_order
from wilkc.cli.sources import read_sources
from wilkc.cli.terminal import wants_colour
from wilkc.core.errors import SpecError, UnavailableError, UsageError, WilkError
from wilkc.opa.denials import NO_DECISION_POINT
from wilkc.runtime.audit import AUDIT_UNAVAILABLE, AuditLogger, settings_of
from wilkc.runtime.egress import Gateway
from wilkc.runtime.guard.executing import Executor
from wilkc.runtime.guard.jobs import jobs_of
from wilkc.runtime.guard.steps import GUARD_FAILED
from wilkc.runtime.limits import RateStoreError
from wilkc.runtime.sandbox import Recorded, Streams, launch, network_in_force
from wilkc.runtime.sandbox.outcome import STATUS, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.core.sandbox_plan import SandboxPlan
    from wilkc.runtime.audit import AuditSettings
    from wilkc.runtime.guard.executing import Result, Usage
    from wilkc.runtime.guard.recording import Recorder
    from wilkc.runtime.sandbox import DecisionPoint, Egress, Job

PROVIDER_SUFFIX: Final = ".provider"
"""What the name of the keys' directory is followed by, for the file that unlocks them."""


MAX_SESSION: Final = 128


class _NoRecordError(UnavailableError):
    """The log cannot be opened."""


class _RunCommand(click.Command):
    """A command whose usage errors have a status that no command of an agent is given."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        try:
            return super().make_context(*args, **kwargs)
        except click.UsageError as error:
            error.show()
            raise click.exceptions.Exit(STATUS["sandbox_failed"]) from error

    def invoke(self, ctx: click.Context) -> Any:
        with voice():
            return super().invoke(ctx)


@click.command(cls=_RunCommand, context_settings={"ignore_unknown_options": False})
@click.argument("agent")
@click.argument("command", nargs=-1, required=True, metavar="-- CMD...")
@source_options()
@click.option("--workspace", metavar="DIR", help="Working directory; default: the current one.")
@click.option("--audit", metavar="DIR", envvar="WILK_AUDIT", help="Where the record is kept.")
@click.option("--audit-keys", metavar="DIR", envvar="WILK_AUDIT_KEYS", help="Keys of the record.")
@click.option(
    "--audit-provider",
    metavar="FILE",
    envvar="WILK_AUDIT_PROVIDER",
    help=f"What unlocks those keys; default: their directory's name and `{PROVIDER_SUFFIX}`.",
)
@click.option(
    "--rates",
    metavar="PLACE",
    envvar="WILK_RATES",
    help="Where hits are counted: a file that `SqliteStore.create` made, or the address of a "
    "Redis server; without it a grant with a rate limit is a denial.",
)
@click.option(
    "--session",
    metavar="ID",
    envvar="WILK_SESSION",
    help="The session that the command belongs to; `context: shared` keeps directories for it.",
)
@click.option("--outcome", metavar="FILE", help="Write what became of the command, as JSON.")
@click.option("--quiet", is_flag=True, help="Say nothing beside what the command prints.")
def run(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    agent: str,
    command: tuple[str, ...],
    workspace: str | None,
    audit: str | None,
    audit_keys: str | None,
    audit_provider: str | None,
    rates: str | None,
    session: str | None,
    outcome: str | None,
    quiet: bool,
    **source: Any,
) -> None:
    """Run CMD as AGENT would: decided, in a sandbox, on the record.

    Exits with the command's own code, 128+n for signal n. Wilk's own: 119 the command's code
    was one of these, 120 the sandbox or the usage, 121 denied or no decision or no record,
    122 a limit, 123 out of time, 124 the policy was violated, 127 no such program.
    """
    end_in_order()
    chosen = Source(**source)
    told: OutcomeFile | None = None
    held = own_files(chosen, (audit, audit_keys, audit_provider), rates)
    try:
        told = None if outcome is None else outcome_file(outcome)
        check_source(chosen)
        _check_session(session)
        directory = os.path.abspath(workspace or ".")  # noqa: PTH100  # links stay for the launch
        with (
            open_rates(rates) as store,
            open_source(chosen) as (point, verified),
            _recorder(audit, audit_keys, audit_provider, settings_of(verified)) as recorder,
        ):
            request = command_request(agent, command, directory, session)
            jobs = {
                spec: replace(job, session=session or "", held=held)
                for spec, job in jobs_of(verified, agent, command, directory, os.environ).items()
            }
            launcher = _launcher(point, Gateway(point, recorder, store), quiet=quiet)
            ended = Executor(point, recorder, launcher, store).run(request, jobs)
    except _NoRecordError as error:
        _leave(error, Outcome("denied", None, AUDIT_UNAVAILABLE, error.message), told)
    except RateStoreError as error:
        _leave(error, Outcome("denied", None, error.detail, error.message), told)
    except UnavailableError as error:
        _leave(error, Outcome("denied", None, NO_DECISION_POINT, error.message), told)
    except SpecError as error:
        texts = read_sources(chosen.policies)
        click.echo(as_text(error.diagnostics, texts, colour=wants_colour()), err=True)
        _leave(error, Outcome("sandbox_failed", None, "spec", error.message), told)
    except WilkError as error:
        _leave(error, Outcome("sandbox_failed", None, "usage", error.message), told)
    except Exception as error:  # noqa: BLE001  # a crash's status would be taken for the command's
        text = f"something unforeseen went wrong: {type(error).__name__}: {error}"
        _leave(WilkError(text), Outcome("sandbox_failed", None, GUARD_FAILED, text), told)
    _write_outcome(ended.outcome, told, recorded=ended.recorded)
    with suppress(OSError):  # where nobody reads any more, the status still tells
        _report(ended, quiet=quiet)
    sys.exit(ended.outcome.status)


@contextmanager
def _recorder(
    audit: str | None, keys: str | None, provider: str | None, settings: AuditSettings | None
) -> Iterator[Recorder]:
    """The log that the decision and the outcome go to; without one nothing runs."""
    if audit is None or keys is None:
        raise UsageError(
            "there is nowhere to record what happens",
            help_text="name the log by `--audit DIR` and its keys by `--audit-keys DIR`",
        )
    wrap = provider_place(audit, keys, provider)
    try:
        logger = AuditLogger.open(
            Path(audit), Path(keys), provider=wrap, settings=settings, shared=True
        )
    except WilkError as error:
        raise _NoRecordError(
            f"the record cannot be kept, so nothing runs: {error.message}",
            help_text=error.help_text,
        ) from error
    with logger:
        yield logger


def _check_session(session: str | None) -> None:
    if session is not None and not (0 < len(session) <= MAX_SESSION and session.isprintable()):
        raise UsageError(
            f"`--session` is no text of 1 to {MAX_SESSION} characters that can be printed",
            help_text="give the id that your agent's harness has for its session",
        )


def _launcher(point: DecisionPoint, egress: Egress, *, quiet: bool) -> Any:
    streams = Streams(Passage(sys.stdout).pass_on, Passage(sys.stderr).pass_on)

    def start(job: Job, usage: Usage) -> Outcome:
        if not quiet:
            click.echo(_headline(job.plan), err=True)
        sys.stdout.flush()
        observer = Recorded(usage) if quiet else Shown(usage)
        return launch(job, point, streams, observer=observer, egress=egress)

    return start


def _headline(plan: SandboxPlan) -> str:
    parts = [f"level {plan.level}", f"network {network_in_force(plan, proxied=True)}"]
    wider = {
        "no namespaces": plan.isolation == "process",
        "all files of the host in view": plan.filesystem == "full",
        "the host's processes": plan.process == "shared",
        "directories kept for the session": plan.context == "shared",
    }
    parts += [text for text, holds in wider.items() if holds]
    if not plan.seccomp:
        parts.append("no system call filter")
    if plan.degraded:
        parts.append(f"may lack {', '.join(plan.degraded)}")
    return f"wilkc: sandbox  {' · '.join(parts)}"


def _report(ended: Result, *, quiet: bool) -> None:
    if ended.outcome.kind == "denied":
        click.echo(f"wilkc: {decision_text(ended.decision, colour=wants_colour())}", err=True)
    elif ended.outcome.kind != "exited":
        click.echo(f"wilkc: {printable(ended.outcome.message)}", err=True)
        if ended.outcome.help:
            click.echo(f"  = help: {ended.outcome.help}", err=True)
    if not ended.recorded and not quiet:
        click.echo("wilkc: what became of the command could not be recorded", err=True)


def _leave(error: WilkError, ended: Outcome, told: OutcomeFile | None) -> NoReturn:
    _write_outcome(ended, told, recorded=False)
    with suppress(OSError):  # where nobody reads any more, the status still tells
        show_refusal(error)
    sys.exit(ended.status)


def _write_outcome(ended: Outcome, told: OutcomeFile | None, *, recorded: bool) -> None:
    if told is None:
        return
    text = json.dumps({**ended.as_json(), "recorded": recorded}, indent=2, sort_keys=True)
    try:
        told.write(text + "\n")
    except OSError as error:
        with suppress(OSError):
            click.echo(f"wilkc: the outcome cannot be written: {error.strerror}", err=True)
