"""`wilkc audit verify`: reading every byte of a log. Layer: cli."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from wilkc.cli.audit_text import verification_text
from wilkc.cli.commands.audit.options import format_option
from wilkc.cli.exits import AUDIT_VERDICTS
from wilkc.core.errors import UsageError
from wilkc.runtime.audit import verify as verify_log


@click.command()
@click.argument("directory", metavar="DIR")
@click.option("--root", required=True, metavar="VKEY", help="The key that `init` printed.")
@click.option("--checkpoint", multiple=True, metavar="FILE", help="A checkpoint kept elsewhere.")
@click.option("--live", is_flag=True, help="A writer is at work: a tail is only reported.")
@format_option
def verify(
    *, directory: str, root: str, checkpoint: tuple[str, ...], live: bool, form: str
) -> None:
    """Read every byte of the log in DIR and verify it, offline.

    Exits with 0 where everything holds, 5 tampered, 51 truncated, 52 an unsealed tail, 53 a
    key problem, 54 incomplete.
    """
    given = {f"checkpoint `{path}`": _read_text(path) for path in checkpoint}
    found = verify_log(Path(directory), root, given, live=live)
    if form == "json":
        click.echo(json.dumps({**asdict(found), "exit": AUDIT_VERDICTS[found.verdict]}))
    else:
        click.echo(verification_text(found))
    sys.exit(AUDIT_VERDICTS[found.verdict])


def _read_text(path: str) -> str:
    try:
        return Path(path).read_bytes().decode("utf-8")
    except OSError as error:
        raise UsageError(f"cannot read `{path}`: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"`{path}` is no checkpoint: it is not UTF-8") from error
