"""`wilkc identity`: who may ask. Layer: cli."""

from __future__ import annotations

from typing import Final

import click

from wilkc.cli.lazy import LazyGroup

COMMANDS: Final[dict[str, str]] = {
    "create-key": "wilkc.cli.commands.identity.keys:create_key",
    "fleet": "wilkc.cli.commands.identity.fleet:fleet",
    "init": "wilkc.cli.commands.identity.init:init",
    "issuer": "wilkc.cli.commands.identity.issuer:issuer",
    "list": "wilkc.cli.commands.identity.listing:list_keys",
    "restore": "wilkc.cli.commands.identity.revoke:restore",
    "revoke": "wilkc.cli.commands.identity.revoke:revoke",
    "rotate": "wilkc.cli.commands.identity.keys:rotate",
    "rotate-issuer": "wilkc.cli.commands.identity.issuer:rotate",
    "session": "wilkc.cli.commands.identity.session:session",
    "token": "wilkc.cli.commands.identity.token:token",
}


@click.group(cls=LazyGroup, places=COMMANDS)
def identity() -> None:
    """Make and revoke the credentials of who asks."""
