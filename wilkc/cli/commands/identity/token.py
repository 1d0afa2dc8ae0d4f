"""`wilkc identity token`: tokens of our own. Layer: cli."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import click

from wilkc.cli.identities import caller, change_options, changing, secret_option, shown_secret
from wilkc.cli.lazy import LazyGroup
from wilkc.core.closed_json import to_json
from wilkc.identity import open_issuer

if TYPE_CHECKING:
    from wilkc.identity import Issued

_HERE: Final = "wilkc.cli.commands.identity.token"
COMMANDS: Final[dict[str, str]] = {
    "issue": f"{_HERE}:issue",
    "refresh": f"{_HERE}:refresh",
    "revoke": f"{_HERE}:revoke",
    "show": f"{_HERE}:show",
}
CHANNEL: Final = "token"
_REFRESH: Final = "wr_"


@click.group(cls=LazyGroup, places=COMMANDS)
def token() -> None:
    """Get, renew, look at and give up tokens, with a credential of one's own."""


@click.command()
@click.argument("directory", metavar="DIR")
@secret_option
@change_options
def issue(*, directory: str, place: str, audit: str, by: str | None) -> None:
    """Give a pair of tokens for an API key or a token, and show it this once, as JSON.

    They may do what the credential may, and end with it.
    """
    text = shown_secret(place)
    with changing(directory, audit, by) as (identity, note):
        who = identity.authenticate(text, channel=CHANNEL, source=caller())
        # On record before it is in force; then the pair is shown first of all.
        _print(
            open_issuer(identity).begin(
                who, before=lambda family: note("issue-token", f"family/{family}", who.id)
            )
        )


@click.command()
@click.argument("directory", metavar="DIR")
@secret_option
@change_options
def refresh(*, directory: str, place: str, audit: str, by: str | None) -> None:
    """Give the next pair for a refresh token, which works once.

    One that was used before ends its whole family: somebody has a copy of it.
    """
    text = shown_secret(place)
    with changing(directory, audit, by) as (identity, note):
        issuer = open_issuer(identity)
        # On record before the token is spent; then the pair is shown first of all.
        _print(
            identity.refresh(
                issuer, text, channel=CHANNEL, source=caller(),
                before=lambda family: note("refresh-token", f"family/{family}", ""),
            )
        )  # fmt: skip


@click.command()
@click.argument("directory", metavar="DIR")
@secret_option
@change_options
def revoke(*, directory: str, place: str, audit: str, by: str | None) -> None:
    """Give a token up: of a refresh token the whole family, else the token itself.

    Who does not hold it revokes it by its name: `wilkc identity revoke`.
    """
    text = shown_secret(place)
    with changing(directory, audit, by) as (identity, note):
        if text.startswith(_REFRESH):
            kind, name = "family", open_issuer(identity).end(text)
        else:
            kind = "token"
            name = identity.authenticate(text, channel=CHANNEL, source=caller()).credential
            identity.revocations.revoke("token", name)
        note("revoke", f"{kind}/{name}", name)
    click.echo(f"revoked  {kind} {name}")


@click.command()
@click.argument("directory", metavar="DIR")
@secret_option
@change_options
def show(*, directory: str, place: str, audit: str, by: str | None) -> None:
    """Verify a credential, and print as JSON whose it is and what it may be used for."""
    text = shown_secret(place)
    with changing(directory, audit, by) as (identity, _):
        who = identity.authenticate(text, channel=CHANNEL, source=caller())
    click.echo(json.dumps(to_json(who)))


def _print(issued: Issued) -> None:
    """As RFC 6749 section 5.1 names them."""
    click.echo(
        json.dumps(
            {
                "access_token": issued.access,
                "expires_in": issued.seconds,
                "refresh_token": issued.refresh,
                "token_type": "Bearer",
            }
        )
    )
