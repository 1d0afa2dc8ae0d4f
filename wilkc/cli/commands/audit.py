"""`wilkc audit`: the log of what was asked, answered and done. Layer: cli."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from wilkc.cli.audit_text import record_text, verification_text
from wilkc.cli.exits import AUDIT_VERDICTS
from wilkc.cli.recording import audit_settings, keys_path, provider_path
from wilkc.core.errors import UsageError
from wilkc.runtime.audit import Places, create_log, unverified_records
from wilkc.runtime.audit import verify as verify_log

_FORMAT = click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How the result is shown.",
)


@click.group()
def audit() -> None:
    """Make, verify and read the audit log."""


@audit.command()
@click.argument("directory", metavar="DIR")
@click.option("--keys", metavar="DIR", help="Its keys; default: DIR with `.keys`.")
@click.option("--origin", required=True, metavar="NAME", help="Its name for ever, with a `/`.")
@click.option("--root-key", required=True, metavar="FILE", help="Where the root key is written.")
@click.option("--provider", metavar="FILE", help="The key of its keys; default: beside them.")
@click.option("--reserve", metavar="SIZE", help="Given up when the disk fills; default: 64MiB.")
def init(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    directory: str,
    keys: str | None,
    origin: str,
    root_key: str,
    provider: str | None,
    reserve: str | None,
) -> None:
    """Make an empty log in DIR, with its keys; print the key that verifies it.

    The root key begins the log and is needed again only to accept a loss: take it offline.
    """
    places = Places(
        directory=Path(directory),
        keys=keys_path(directory, keys),
        provider=provider_path(directory, keys, provider),
        root_key=Path(root_key),
    )
    public = create_log(places, origin, audit_settings(reserve))
    click.echo(public)
    click.echo(f"log       {places.directory}", err=True)
    click.echo(f"keys      {places.keys}   back them up, apart from the log", err=True)
    click.echo(f"provider  {places.provider}   without it the keys do not open", err=True)
    click.echo(
        f"root key  {places.root_key}   take it offline: it can begin this log anew", err=True
    )
    click.echo(
        "The line above verifies the log; keep it where the log's host cannot write.", err=True
    )


@audit.command()
@click.argument("directory", metavar="DIR")
@click.option("--root", required=True, metavar="VKEY", help="The key that `init` printed.")
@click.option("--checkpoint", multiple=True, metavar="FILE", help="A checkpoint kept elsewhere.")
@click.option("--live", is_flag=True, help="A writer is at work: a tail is only reported.")
@_FORMAT
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


@audit.command()
@click.argument("directory", metavar="DIR")
@_FORMAT
def show(*, directory: str, form: str) -> None:
    """List the records of the log in DIR. They are not verified: `verify` does that."""
    for record in unverified_records(Path(directory)):
        click.echo(json.dumps(record) if form == "json" else record_text(record))


def _read_text(path: str) -> str:
    try:
        return Path(path).read_bytes().decode("utf-8")
    except OSError as error:
        raise UsageError(f"cannot read `{path}`: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"`{path}` is no checkpoint: it is not UTF-8") from error
