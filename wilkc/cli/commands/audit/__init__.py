"""`wilkc audit`: the log of what was asked, answered and done. Layer: cli."""

from __future__ import annotations

from typing import Final

import click

from wilkc.cli.lazy import LazyGroup

COMMANDS: Final[dict[str, str]] = {
    "ack": "wilkc.cli.commands.audit.ack:ack",
    "alerts": "wilkc.cli.commands.audit.alerts:alerts",
    "backup": "wilkc.cli.commands.audit.backup:backup",
    "detect": "wilkc.cli.commands.audit.detect:detect",
    "export": "wilkc.cli.commands.audit.export:export",
    "hold": "wilkc.cli.commands.audit.hold:hold",
    "housekeeping": "wilkc.cli.commands.audit.housekeeping:housekeeping",
    "init": "wilkc.cli.commands.audit.init:init",
    "keep": "wilkc.cli.commands.audit.keep:keep",
    "proof": "wilkc.cli.commands.audit.proof:proof",
    "prune": "wilkc.cli.commands.audit.prune:prune_log",
    "query": "wilkc.cli.commands.audit.query:query",
    "recover": "wilkc.cli.commands.audit.recover:recover",
    "replay": "wilkc.cli.commands.audit.replay:replay",
    "report": "wilkc.cli.commands.audit.report:report",
    "restore-check": "wilkc.cli.commands.audit.restore_check:restore_check",
    "review": "wilkc.cli.commands.audit.review:review",
    "ship": "wilkc.cli.commands.audit.ship:ship",
    "show": "wilkc.cli.commands.audit.show:show",
    "shred": "wilkc.cli.commands.audit.shred:shred",
    "subject": "wilkc.cli.commands.audit.subject:subject",
    "tail": "wilkc.cli.commands.audit.tail:tail",
    "verify": "wilkc.cli.commands.audit.verify:verify",
    "verify-proof": "wilkc.cli.commands.audit.verify_proof:verify_proof",
    "witness": "wilkc.cli.commands.audit.witness:witness",
    "witness-key": "wilkc.cli.commands.audit.witness_key:witness_key",
}


@click.group(cls=LazyGroup, places=COMMANDS)
def audit() -> None:
    """Make, verify and read the audit log."""
