"""`wilkc learn`: recorded requests as a proposal for somebody to review. Layer: cli."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from wilkc.cli.commands.audit.options import key_options, read_text, reader_options
from wilkc.cli.files import write_atomically
from wilkc.cli.learning import (
    ORIGINS,
    Log,
    Origin,
    Wanted,
    gather,
    learn,
    proposal_json,
    proposed_text,
    report_lines,
)
from wilkc.cli.options import format_option
from wilkc.cli.recording import open_keys, open_recorder
from wilkc.cli.review.text import text as review_text
from wilkc.cli.sources import read_sources
from wilkc.cli.terminal import wants_colour
from wilkc.compiler import understand
from wilkc.core.errors import UsageError
from wilkc.runtime.audit.opening import Reader, record_opening
from wilkc.runtime.compliance import read_period

if TYPE_CHECKING:
    from collections.abc import Mapping

_BEGINNING: Final = "1970-01-01"
_END: Final = "9999-12-30"
_LEAST: Final = 2


@click.command("learn")
@click.argument("directory", metavar="LOG")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--root", required=True, metavar="VKEY", help="The key that `audit init` printed.")
@click.option(
    "--from",
    "origins",
    type=click.Choice(ORIGINS),
    multiple=True,
    required=True,
    help="Which requests: granted and done, denied, or only asked about; may be repeated.",
)
@click.option(
    "--agent", "agents", multiple=True, metavar="ID", help="Of this agent only; may be repeated."
)
@click.option("--since", metavar="DAY", default=_BEGINNING, help="First day, or a time.")
@click.option("--until", metavar="DAY", default=_END, help="Last day, or a time it ends at.")
@click.option(
    "--generalise",
    "least",
    type=click.IntRange(min=_LEAST),
    metavar="N",
    help="Write N or more files of one folder and extension as one pattern.",
)
@click.option("--shared", is_flag=True, help="Also add to specs that further agents have.")
@click.option("--checkpoint", multiple=True, metavar="FILE", help="A checkpoint kept elsewhere.")
@click.option("--accept-pruned", is_flag=True, help="Ranges pruned on record are in order.")
@click.option("--live", is_flag=True, help="A writer is at work: a tail is in order.")
@reader_options(required=True)
@key_options
@format_option(["text", "json"], "Proposal and report apart, or both as one object.")
@click.option("-o", "--output", metavar="FILE", default="-", help="Where the proposal goes.")
def learn_command(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    directory: str,
    paths: tuple[str, ...],
    root: str,
    origins: tuple[Origin, ...],
    agents: tuple[str, ...],
    since: str,
    until: str,
    least: int | None,
    shared: bool,
    checkpoint: tuple[str, ...],
    accept_pruned: bool,
    live: bool,
    by: str,
    reason: str,
    keys: str | None,
    provider: str | None,
    form: str,
    output: str,
) -> None:
    """Propose the narrowest spec for requests that the audit log LOG recorded.

    With PATH, the present specs, the proposal is a diff of them; without, a new spec. It goes to
    standard output, the report on it to standard error. Nothing is applied.

    The log is verified as it is read, and what does not verify is not learnt from. What was
    asked for is sealed: that it is read goes on record first, by `--by` and `--reason`.
    """
    sources = read_sources(paths) if paths else None
    _require_apart(output, sources or {})
    plan = understand(sources).plan if sources else None
    given = {f"checkpoint `{path}`": read_text(path, "checkpoint") for path in checkpoint}
    wanted = Wanted(origins, agents, read_period(since, until))
    with open_recorder(directory, keys, provider) as logger:
        record_opening(logger, Reader(by, reason), {"learn": list(origins), "agents": list(agents)})
    store = open_keys(directory, keys, provider)
    log = Log(Path(directory), root, store, given, accept_pruned=accept_pruned, live=live)
    found = gather(log, wanted, plan)
    learnt = learn(sources, found.asked(), found.refused(), least=least, shared=shared)
    proposed = proposed_text(learnt)
    if form == "json":
        shown = json.dumps(proposal_json(found, learnt, proposed), indent=2)
        _put(output, f"{shown}\n".encode())
        return
    _put(output, proposed)
    click.echo("\n".join(report_lines(found, learnt)), err=True)
    if learnt.review is not None:
        click.echo("\n" + review_text(learnt.review, colour=wants_colour()), err=True)


def _require_apart(output: str, sources: Mapping[str, bytes]) -> None:
    """A proposal never takes the place of a spec."""
    place = Path(output).resolve()
    if output != "-" and any(place == Path(name).resolve() for name in sources):
        raise UsageError(
            f"`{output}` is one of the specs: nothing is applied",
            help_text="name another file, review it, and apply it by `patch -p1`",
        )


def _put(output: str, data: bytes) -> None:
    if output == "-":
        click.echo(data, nl=False)
    else:
        write_atomically(Path(output), data)
