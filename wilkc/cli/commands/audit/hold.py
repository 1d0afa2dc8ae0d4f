"""`wilkc audit hold`: what must be kept, whatever its time. Layer: cli."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import click

from wilkc.cli.commands.audit.options import format_option, key_options
from wilkc.cli.decision_text import printable
from wilkc.cli.lazy import LazyGroup
from wilkc.cli.recording import open_recorder
from wilkc.core.closed_json import to_json
from wilkc.runtime.audit.retention import (
    Hold,
    Selector,
    active_holds,
    place_hold,
    release_hold,
    trusted_holds,
)

COMMANDS: Final[dict[str, str]] = {
    "list": "wilkc.cli.commands.audit.hold:list_holds",
    "place": "wilkc.cli.commands.audit.hold:place",
    "release": "wilkc.cli.commands.audit.hold:release",
}


@click.group(cls=LazyGroup, places=COMMANDS)
def hold() -> None:
    """Keep records from being pruned, expired or shredded."""


@click.command()
@click.argument("directory", metavar="DIR")
@click.option("--id", "hold_id", metavar="NAME", help="Its name; default: one is made.")
@click.option("--agent", metavar="NAME", help="Records of this agent.")
@click.option("--subject", metavar="TOKEN", help="Records about this person, as `s_…`.")
@click.option("--first", type=int, metavar="N", help="Records from this number on.")
@click.option("--last", type=int, metavar="N", help="Records up to this number; default: no end.")
@key_options
def place(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    directory: str,
    hold_id: str | None,
    agent: str | None,
    subject: str | None,
    first: int | None,
    last: int | None,
    keys: str | None,
    provider: str | None,
) -> None:
    """Hold records of the log in DIR; what is given must all agree. Prints the hold's name."""
    selector = Selector(agent=agent, first=first, last=last, subject=subject)
    with open_recorder(directory, keys, provider) as logger:
        name, receipt = place_hold(logger, Path(directory), selector, hold_id)
    click.echo(name)
    click.echo(f"held  {_selector_text(selector)}, on record as {receipt.seq}", err=True)


@click.command()
@click.argument("directory", metavar="DIR")
@click.argument("name", metavar="NAME")
@key_options
def release(*, directory: str, name: str, keys: str | None, provider: str | None) -> None:
    """End the hold NAME of the log in DIR."""
    with open_recorder(directory, keys, provider) as logger:
        receipt = release_hold(logger, Path(directory), name)
    click.echo(printable(f"released  {name}, on record as {receipt.seq}"))


@click.command("list")
@click.argument("directory", metavar="DIR")
@click.option("--verified", is_flag=True, help="Verify the log first; it needs the keys.")
@key_options
@format_option
def list_holds(
    *, directory: str, verified: bool, keys: str | None, provider: str | None, form: str
) -> None:
    """List the holds in force, read from the log in DIR itself.

    Records are not verified, so whoever can write DIR may have hidden a hold; with `--verified`
    they are, as before anything is destroyed, and this exits with 5 where they do not verify.
    """
    if verified:
        with open_recorder(directory, keys, provider) as logger:
            found = trusted_holds(logger).active
    else:
        found = active_holds(Path(directory))
        click.echo("not verified: `--verified` shows what is held for sure", err=True)
    for one in found:
        click.echo(json.dumps(to_json(one)) if form == "json" else _hold_text(one))


def _hold_text(one: Hold) -> str:
    return printable(f"{one.id}  {one.placed[:10]}  {_selector_text(one.selector)}")


def _selector_text(selector: Selector) -> str:
    parts = []
    if selector.agent is not None:
        parts.append(f"agent {selector.agent}")
    if selector.subject is not None:
        parts.append(f"subject {selector.subject}")
    if (selector.first, selector.last) != (None, None):
        last = "on" if selector.last is None else f"to {selector.last}"
        parts.append(f"records from {selector.first or 0} {last}")
    return printable(", ".join(parts))
