"""`wilkc diff`: what a change of the policies newly allows. Layer: cli."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Final

import click

from wilkc.cli import exits
from wilkc.cli.files import write_atomically
from wilkc.cli.options import budget_option, format_option, from_settings, key_options
from wilkc.cli.review import GATES, Links, Review, as_json, gate_line, html, markdown, text
from wilkc.cli.review.reviewing import only_agents, review_versions
from wilkc.cli.terminal import Progress, wants_colour
from wilkc.cli.versions import Trust, open_versions
from wilkc.core.errors import UsageError

FORMATS: Final = ("text", "json", "markdown", "html")


@click.command()
@click.argument("old")
@click.argument("new", required=False)
@format_option(
    FORMATS,
    "For the terminal, for machines, for a pull-request comment, or as one page.",
    "WILK_DIFF_FORMAT",
)
@click.option("-o", "--output", metavar="FILE", default="-", help="Write there; `-` is stdout.")
@click.option(
    "--fail-on",
    type=click.Choice(GATES),
    default=None,
    envvar="WILK_DIFF_FAIL_ON",
    help="Exit with 6 on a widening, on any change, or on a widening of at least this risk; "
    "what may be one because it could not be decided or compared counts as one.",
)
@click.option(
    "--agent", "agents", multiple=True, metavar="ID", help="Show this agent only; may be repeated."
)
@budget_option
@click.option(
    "--link-base",
    default="",
    metavar="URL",
    help="Address of a line, with {file}, {line} and {rev}, for the links of markdown and html.",
)
@click.option("--replay", metavar="LOG", help="Ask the requests of this audit log again.")
@click.option("--replay-keys", metavar="DIR", help="Its keys; default: LOG with `.keys`.")
@click.option("--replay-provider", metavar="FILE|URI", help="What wraps them.")
@key_options(
    "Public key that bundles must be signed by; several while keys change.",
    "Scope that a bundle's signature must bind.",
)
def diff(  # noqa: PLR0913 - one parameter per option
    *,
    old: str,
    new: str | None,
    form: str,
    output: str,
    fail_on: str | None,
    agents: tuple[str, ...],
    budget: int | None,
    link_base: str,
    replay: str | None,
    replay_keys: str | None,
    replay_provider: str | None,
    keys: tuple[str, ...],
    key_id: str | None,
    scope: str | None,
) -> None:
    """Show what the policies NEW allow that OLD do not, and the reverse, for every agent.

    Each is a folder, a file, a bundle, `git:REV[:PATH]`, `nothing:`, or `-` for a spec on
    standard input. Without NEW the working files are compared. Signatures of bundles are
    verified only where --key is given.

    Every example is asked of both versions, by the reference evaluator and by OPA. Files with
    errors are left out and named; what can be compared is compared.
    """
    if agents and fail_on and from_settings("fail_on"):
        click.echo("wilkc: the gate of the settings judges nothing here: `--agent`", err=True)
        fail_on = None
    if agents and fail_on:
        raise UsageError("a gate judges every agent: leave `--agent` or `--fail-on` out")
    first, second = open_versions(old, new, Trust(keys, key_id, scope))
    links = Links(link_base, first, second)
    command = shlex.join(["wilkc", "diff", old, *([new] if new else [])])
    with Progress("comparing"):
        review = review_versions(
            first, second, command=command, fail_on=fail_on or "", budget=budget
        )
    if replay is not None:
        review = _replayed(review, replay, replay_keys, replay_provider)
    shown = _shown(only_agents(review, agents) if agents else review, form, links, output)
    if output == "-":
        click.echo(shown, nl=not shown.endswith("\n"))
    else:
        write_atomically(Path(output), (shown.rstrip("\n") + "\n").encode("utf-8"))
    if review.refusals:
        if form != "text" or output != "-":
            click.echo(gate_line(review), err=True)
        sys.exit(exits.REFUSED)


def _replayed(review: Review, log: str, keys: str | None, provider: str | None) -> Review:
    # The audit log is loaded where one is named: most reviews have none.
    from wilkc.cli.recording import open_keys  # noqa: PLC0415
    from wilkc.cli.replaying import Log  # noqa: PLC0415
    from wilkc.cli.review.replayed import with_replay  # noqa: PLC0415

    return with_replay(review, Log(Path(log), open_keys(log, keys, provider)))


def _shown(review: Review, form: str, links: Links, output: str) -> str:
    if form == "json":
        return as_json(review)
    if form == "markdown":
        return markdown(review, links)
    if form == "html":
        return html(review, links)
    return text(review, colour=output == "-" and wants_colour())
