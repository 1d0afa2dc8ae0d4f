"""`wilkc plugin`: signing and verifying plugins of agents. Layer: cli."""

from __future__ import annotations

from typing import Final

import click

from wilkc.cli.lazy import LazyGroup

COMMANDS: Final[dict[str, str]] = {
    "key": "wilkc.cli.commands.plugin.key:key",
    "sign": "wilkc.cli.commands.plugin.sign:sign",
    "verify": "wilkc.cli.commands.plugin.verify:verify",
}


@click.group(cls=LazyGroup, places=COMMANDS)
def plugin() -> None:
    """Sign plugins of agents, and verify them."""
