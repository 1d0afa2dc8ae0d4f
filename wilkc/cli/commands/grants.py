"""`wilkc grants`: which grants there are. Layer: cli."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from wilkc.cli.decision_text import printable
from wilkc.cli.grants.means import place_options
from wilkc.cli.grants.overlay import grants_in
from wilkc.cli.grants.releases import open_releases
from wilkc.cli.options import format_option
from wilkc.cli.places import socket_place
from wilkc.cli.signing import load_keys

if TYPE_CHECKING:
    from wilkc.cli.grants.overlay import Held


@click.command()
@place_options
@click.option(
    "--key",
    "keys",
    required=True,
    multiple=True,
    metavar="FILE",
    help="Public key of who signs; several while keys change.",
)
@format_option(["text", "json"], "How they are shown.")
def grants(  # noqa: PLR0913 - one parameter per option
    *,
    bundle: str,
    scope: str | None,
    socket: str | None,
    run_dir: str | None,
    keys: tuple[str, ...],
    form: str,
) -> None:
    """List the grants in what is in force: active, ended and revoked ones.

    What ended or was revoked is listed until the first change after its end; the audit log
    keeps it.
    """
    place = socket_place(socket, run_dir)
    releases = open_releases(bundle, load_keys(keys), scope, place)
    held = grants_in(releases.in_force().sources)
    now = datetime.now(UTC)
    if form == "json":
        entries = [_entry(one, now) for one in held]
        click.echo(json.dumps({"grants": entries}, indent=2, ensure_ascii=False))
    else:
        for one in held:
            click.echo("  ".join(map(printable, _columns(one, now))))


def _entry(held: Held, now: datetime) -> dict[str, str | int | None]:
    return {
        **held.grant.model_dump(),
        "state": held.state(now),
        "file": held.file,
        "line": held.line,
    }


def _columns(held: Held, now: datetime) -> list[str]:
    grant = held.grant
    end = grant.revoked or grant.until
    return [
        f"{held.state(now):7}", grant.id, f"{end}", grant.agent, f"'{grant.allow}'",
        f"{held.file}:{held.line}", f"by {grant.by}: {grant.reason}",
    ]  # fmt: skip
