"""`wilkc keys`: making and keeping keys. Layer: cli."""

from __future__ import annotations

from typing import Final

import click

from wilkc.cli.lazy import LazyGroup

COMMANDS: Final[dict[str, str]] = {
    "confirm-destroyed": "wilkc.cli.commands.keys.confirm_destroyed:confirm_destroyed",
    "export": "wilkc.cli.commands.keys.export:export",
    "generate": "wilkc.cli.commands.keys.generate:generate",
    "list": "wilkc.cli.commands.keys.listing:list_keys",
    "restore": "wilkc.cli.commands.keys.export:restore",
    "rotate": "wilkc.cli.commands.keys.rotate:rotate",
}


@click.group(cls=LazyGroup, places=COMMANDS)
def keys() -> None:
    """Make the keys that bundles are signed with, and keep those of the audit log."""
