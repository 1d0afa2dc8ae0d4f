"""`wilkc audit restore-check`: whether a backup would bring everything back. Layer: cli."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from wilkc.cli.commands.audit.options import key_options
from wilkc.cli.decision_text import printable
from wilkc.cli.exits import AUDIT_VERDICTS
from wilkc.cli.record_places import keys_path
from wilkc.cli.recording import open_keys, open_recorder
from wilkc.runtime.audit.retention import check_restore, record_restore_check


@click.command("restore-check")
@click.argument("directory", metavar="DIR")
@click.argument("source", metavar="SRC")
@click.option("--root", required=True, metavar="VKEY", help="The key that `init` printed.")
@click.option("--restored-keys", metavar="DIR", help="Restored keys to open SRC by; else DIR's.")
@click.option("--restored-provider", metavar="FILE", help="The key of those.")
@key_options
def restore_check(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    directory: str,
    source: str,
    root: str,
    restored_keys: str | None,
    restored_provider: str | None,
    keys: str | None,
    provider: str | None,
) -> None:
    """Verify the backup in SRC, open content of each of its keys, and record that in DIR.

    Only with restored keys does it count as a trial, for which alerts and reports ask each 90 days.
    Exits as `verify` does; with 53 where content does not open and no record says why.
    """
    own = keys_path(directory, keys).resolve()
    restored = restored_keys is not None and Path(restored_keys).resolve() != own
    if restored_keys is None:
        store = open_keys(directory, keys, provider)
    else:
        store = open_keys(directory, restored_keys, restored_provider)
    checked = check_restore(Path(source), root, store, Path(directory))
    with open_recorder(directory, keys, provider) as logger:
        record_restore_check(logger, checked, restored=restored)
    found = checked.found
    click.echo(
        f"{found.verdict}  {found.size:,} events; content of {len(checked.opened)} keys opens, "
        f"{len(checked.erased)} erased, {len(checked.lost)} lost"
    )
    for reason in found.reasons:
        click.echo(printable(reason))
    if not restored:
        click.echo("no trial  it was opened by the log's own keys; see `--restored-keys`")
    for kid in checked.lost:
        click.echo(f"lost  content sealed by `{kid}` does not open")
    verdict = AUDIT_VERDICTS[found.verdict]
    sys.exit(AUDIT_VERDICTS["KEY_PROBLEM"] if found.ok and checked.lost else verdict)
