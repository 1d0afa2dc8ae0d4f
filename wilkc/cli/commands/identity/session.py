"""`wilkc identity session`: sessions, bound to a channel. Layer: cli."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import click

from wilkc.cli.identities import caller, change_options, changing, secret_option, shown_secret
from wilkc.cli.lazy import LazyGroup
from wilkc.cli.options import format_option
from wilkc.core.closed_json import to_json
from wilkc.core.errors import UsageError
from wilkc.identity import Identity

_HERE: Final = "wilkc.cli.commands.identity.session"
COMMANDS: Final[dict[str, str]] = {
    "end": f"{_HERE}:end",
    "list": f"{_HERE}:list_sessions",
    "open": f"{_HERE}:open_session",
}


@click.group(cls=LazyGroup, places=COMMANDS)
def session() -> None:
    """Begin and end sessions, and list them."""


@click.command("open")
@click.argument("directory", metavar="DIR")
@click.option("--channel", required=True, metavar="NAME", help="The only place it may be used at.")
@secret_option
@change_options
def open_session(*, directory: str, channel: str, place: str, audit: str, by: str | None) -> None:
    """Begin a session for an API key or a token, and show it this once."""
    text = shown_secret(place)
    with changing(directory, audit, by) as (identity, note):
        who = identity.authenticate(text, channel="session", source=caller())
        # On record before it is in force; then it is shown first of all.
        click.echo(
            identity.sessions.login(
                who, channel, before=lambda name: note("open-session", f"session/{name}", who.id)
            )
        )


@click.command()
@click.argument("directory", metavar="DIR")
@secret_option
@change_options
def end(*, directory: str, place: str, audit: str, by: str | None) -> None:
    """End the session that is shown; others end by `wilkc identity revoke DIR session ID`."""
    text = shown_secret(place)
    with changing(directory, audit, by) as (identity, note):
        name = identity.sessions.logout(text)
        if name is None:
            raise UsageError("there is no such session")
        note("end-session", f"session/{name}", "")
    click.echo(f"ended  session {name}")


@click.command("list")
@click.argument("directory", metavar="DIR")
@format_option(["text", "json"], "How the sessions are shown.")
def list_sessions(*, directory: str, form: str) -> None:
    """List the sessions of the identity in DIR that last: whose, where, and which are revoked."""
    identity = Identity(Path(directory))
    try:
        now = identity.clock.now()
        for one in identity.sessions.listed():
            over = identity.revocations.is_revoked("session", one.id, now)
            state = "revoked" if over else "active"
            if form == "json":
                click.echo(json.dumps({**to_json(one), "state": state}))
            else:
                left = f"{one.expires - now} s left"
                click.echo(f"{one.id}  {state:<8} {one.principal}  {one.channel}  {left}")
    finally:
        identity.close()
