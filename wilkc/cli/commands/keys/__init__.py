"""`wilkc keys`: making and keeping keys. Layer: cli."""

from __future__ import annotations

from typing import Final

import click

from wilkc.cli.lazy import LazyGroup

COMMANDS: Final[dict[str, str]] = {"generate": "wilkc.cli.commands.keys.generate:generate"}


@click.group(cls=LazyGroup, places=COMMANDS)
def keys() -> None:
    """Make the keys that bundles are signed with."""
