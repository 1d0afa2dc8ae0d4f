"""`wilkc audit verify`: reading every byte of a log. Layer: cli."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wilkc.cli.audit_text import verification_text
from wilkc.cli.commands.audit.options import format_option, key_options, read_text
from wilkc.cli.exits import AUDIT_VERDICTS
from wilkc.cli.recording import open_keys
from wilkc.core.errors import UsageError
from wilkc.runtime.audit import Options
from wilkc.runtime.audit import verify as verify_log
from wilkc.runtime.audit.query import parse_time

if TYPE_CHECKING:
    from wilkc.runtime.audit.verifying.result import Signatures


@click.command()
@click.argument("directory", metavar="DIR")
@click.option("--root", required=True, metavar="VKEY", help="The key that `init` printed.")
@click.option("--checkpoint", multiple=True, metavar="FILE", help="A checkpoint kept elsewhere.")
@click.option("--policy", metavar="FILE", help="Whose cosignatures a checkpoint needs.")
@click.option("--cosigned-since", metavar="TIME", help="No older cosignature counts.")
@click.option(
    "--at-least",
    type=click.IntRange(min=1),
    metavar="N",
    help="Events that the log is known to have had.",
)
@click.option("--require-anchor", is_flag=True, help="Refuse without a checkpoint from elsewhere.")
@click.option("--accept-pruned", is_flag=True, help="Ranges pruned on record are in order.")
@click.option(
    "--signatures",
    type=click.Choice(["all", "sample", "none"]),
    default="all",
    show_default=True,
    help="Which events' signatures are checked.",
)
@click.option("--open", "opening", is_flag=True, help="Open one sealed member under each key.")
@key_options
@click.option("--jobs", type=int, default=1, metavar="N", help="Processes that read segments.")
@click.option("--live", is_flag=True, help="A writer is at work: a tail is only reported.")
@format_option
def verify(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    directory: str,
    root: str,
    checkpoint: tuple[str, ...],
    policy: str | None,
    cosigned_since: str | None,
    at_least: int | None,
    require_anchor: bool,
    accept_pruned: bool,
    signatures: Signatures,
    opening: bool,
    keys: str | None,
    provider: str | None,
    jobs: int,
    live: bool,
    form: str,
) -> None:
    """Read every byte of the log in DIR and verify it, offline.

    Without `--checkpoint`, `--at-least` or `--cosigned-since` a log that was rolled back as a
    whole verifies, and the verdict says that this was not assessed.

    Exits with 0 where everything holds, 5 tampered, 51 truncated, 52 an unsealed tail, 53 a
    key problem, 54 incomplete.
    """
    given = {f"checkpoint `{path}`": read_text(path, "checkpoint") for path in checkpoint}
    if cosigned_since is not None and policy is None:
        raise UsageError("a time of cosignatures needs the `--policy` that says whose count")
    options = Options(
        signatures=signatures,
        accept_pruned=accept_pruned,
        require_anchor=require_anchor,
        policy=read_text(policy, "policy", encoding="latin-1") if policy else None,
        cosigned_since=None if cosigned_since is None else _seconds(cosigned_since),
        at_least=at_least or 0,
        keys=open_keys(directory, keys, provider) if opening or keys else None,
        jobs=jobs,
    )
    found = verify_log(Path(directory), root, given, live=live, options=options)
    if form == "json":
        click.echo(json.dumps({**asdict(found), "exit": AUDIT_VERDICTS[found.verdict]}))
    else:
        click.echo(verification_text(found))
    sys.exit(AUDIT_VERDICTS[found.verdict])


def _seconds(text: str) -> int:
    """A time as seconds since 1970."""
    return int(datetime.fromisoformat(parse_time(text)).timestamp())
