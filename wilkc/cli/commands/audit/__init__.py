"""`wilkc audit`: the log of what was asked, answered and done. Layer: cli."""

from __future__ import annotations

from typing import Final

import click

from wilkc.cli.lazy import LazyGroup

COMMANDS: Final[dict[str, str]] = {
    "ack": "wilkc.cli.commands.audit.ack:ack",
    "alerts": "wilkc.cli.commands.audit.alerts:alerts",
    "detect": "wilkc.cli.commands.audit.detect:detect",
    "hold": "wilkc.cli.commands.audit.hold:hold",
    "init": "wilkc.cli.commands.audit.init:init",
    "report": "wilkc.cli.commands.audit.report:report",
    "review": "wilkc.cli.commands.audit.review:review",
    "show": "wilkc.cli.commands.audit.show:show",
    "shred": "wilkc.cli.commands.audit.shred:shred",
    "verify": "wilkc.cli.commands.audit.verify:verify",
}


@click.group(cls=LazyGroup, places=COMMANDS)
def audit() -> None:
    """Make, verify and read the audit log."""
