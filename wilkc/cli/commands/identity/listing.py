"""`wilkc identity list`: the keys of an identity. Layer: cli."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from wilkc.cli.options import format_option
from wilkc.core.closed_json import to_json
from wilkc.identity import ApiKey, Identity


@click.command("list")
@click.argument("directory", metavar="DIR")
@format_option(["text", "json"], "How the keys are shown.")
def list_keys(*, directory: str, form: str) -> None:
    """List the API keys of the identity in DIR: whose, until when, what is due, last used."""
    identity = Identity(Path(directory))
    try:
        now = identity.clock.now()
        for key in identity.api_keys.listed():
            state = _state(identity, key, now)
            if form == "json":
                click.echo(json.dumps({**to_json(key), "state": state}))
            else:
                used = _day(key.used) if key.used else "never"
                click.echo(
                    f"{key.id}  {state:<8} {key.principal}  until {_day(key.expires)}  "
                    f"used {used}  {' '.join(key.scope)}"
                )
    finally:
        identity.close()


def _state(identity: Identity, key: ApiKey, now: int) -> str:
    if identity.revocations.is_revoked("key", key.id, now):
        return "revoked"
    if now >= key.expires:
        return "ended"
    if key.successor is not None:
        return "replaced"
    return "due" if now >= key.rotate_after else "active"


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()
