"""`wilkc mcp`: between an MCP client and a server that it starts, on standard streams. Layer: cli.

Standard output carries the protocol and nothing else.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wilkc.adapters.mcp import (
    Patience,
    StdioSession,
    check_server,
    run_beside,
    scrubbed,
)
from wilkc.cli import exits
from wilkc.cli.decision_text import printable
from wilkc.cli.filtering import Places, answer_timeout_option, open_means, place_options
from wilkc.cli.options import source_options
from wilkc.cli.own_files import own_files
from wilkc.cli.running import Source, command_request
from wilkc.cli.signals import end_in_order
from wilkc.core.errors import UnavailableError, UsageError
from wilkc.runtime.egress import Gateway
from wilkc.runtime.guard.executing import Executor
from wilkc.runtime.guard.jobs import jobs_of
from wilkc.runtime.sandbox import Recorded, Streams, launch

if TYPE_CHECKING:
    from collections.abc import Callable

    from wilkc.cli.filtering import Means
    from wilkc.runtime.guard.executing import Result, Usage
    from wilkc.runtime.sandbox import Job, Outcome


@click.command()
@click.argument("command", nargs=-1, required=True, metavar="-- SERVER CMD...")
@click.option("--agent", required=True, metavar="NAME", help="The agent whose client it is.")
@click.option(
    "--server",
    metavar="NAME",
    help="The server's name in policies, as in `mcp__NAME__*`; default: the program's.",
)
@source_options()
@place_options("Working directory; default: the current one.")
@click.option(
    "--unsafe-unconfined",
    "unconfined",
    is_flag=True,
    help="Start the server in no sandbox and ask nobody about its command; `--socket` suffices.",
)
@click.option(
    "--env",
    "names",
    multiple=True,
    metavar="NAME",
    help="With --unsafe-unconfined: a variable that the server gets beside the harmless ones.",
)
@answer_timeout_option
def mcp(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    command: tuple[str, ...],
    agent: str,
    server: str | None,
    places: Places,
    unconfined: bool,
    names: tuple[str, ...],
    answer_timeout: float,
    **source: Any,
) -> None:
    """Stand between an MCP client and the server that SERVER CMD starts.

    What the client calls, reads or asks for passes only if the policy permits it, and is on
    record before it passes. Without --unsafe-unconfined, AGENT must be permitted to run the
    command, and it runs in the sandbox of the policy.
    """
    end_in_order(exits.OK)
    if names and not unconfined:
        raise UsageError("`--env` goes with `--unsafe-unconfined`; else the policy says it")
    named = check_server(Path(command[0]).stem if server is None else server)
    chosen = Source(**source)
    with open_means(chosen, places, agent, named, alone=unconfined) as means:
        session = StdioSession(means.filter(), means.log, Patience(answer=answer_timeout))
        if unconfined:
            environment = scrubbed(os.environ, names)
            ours = session.run(partial(run_beside, command, environment))
        else:
            ours = session.run(_confined(means, command, places, chosen))
    if not ours:
        raise UnavailableError("the server ended before its client")


def _confined(
    means: Means, command: tuple[str, ...], places: Places, source: Source
) -> Callable[[int, Callable[[bytes], object]], object]:
    """Runs the command as the agent would."""
    bundle = means.bundle
    if bundle is None:
        raise UsageError("the sandbox plan is read from the signed bundle: name it by `--bundle`")
    directory = os.path.abspath(places.workspace or ".")  # noqa: PTH100  # links stay for the launch
    request = command_request(means.agent, command, directory)
    held = own_files(source, (places.audit, places.audit_keys, places.audit_provider), places.rates)
    jobs = {
        spec: replace(job, held=held)
        for spec, job in jobs_of(bundle, means.agent, command, directory, os.environ).items()
    }

    def start(given: int, take: Callable[[bytes], object]) -> Result:
        streams = Streams(take, _pass_on, stdin=given)
        egress = Gateway(means.point, means.recorder, means.rates)

        def launcher(job: Job, usage: Usage) -> Outcome:
            return launch(job, means.point, streams, observer=Recorded(usage), egress=egress)

        ended = Executor(means.point, means.recorder, launcher, means.rates).run(request, jobs)
        if ended.outcome.kind == "denied":
            _refuse(ended)
        if ended.outcome.kind != "exited":
            means.log(printable(ended.outcome.message))
        return ended

    return start


def _refuse(ended: Result) -> None:
    text = printable(ended.decision.message)
    click.echo(f"wilkc mcp: the server may not be started: {text}", err=True)
    sys.exit(exits.DENIED)


def _pass_on(chunk: bytes) -> None:
    sys.stderr.buffer.write(chunk)
    sys.stderr.buffer.flush()
