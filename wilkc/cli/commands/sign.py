"""`wilkc sign`: sign a bundle. Layer: cli."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from wilkc.bundle import Approval
from wilkc.cli.files import write_atomically
from wilkc.cli.signing import read_bundle_file, sign_with
from wilkc.core.canonical import MAX_INTEGER
from wilkc.core.errors import UsageError


@click.command()
@click.argument("bundle")
@click.option("--key", required=True, metavar="FILE", help="Private key, made by `wilkc keys`.")
@click.option("--key-id", metavar="ID", help="Key id to name; default: the key file's stem.")
@click.option("--scope", metavar="NAME", help="Scope that the signature binds.")
@click.option(
    "--sequence",
    type=click.IntRange(1, MAX_INTEGER),
    metavar="N",
    help="Number of this release, from 1; `serve` never goes back. Default: as built.",
)
@click.option("--requester", metavar="NAME", help="Who asked for this release; on record.")
@click.option("--approver", metavar="NAME", help="Who approved it: somebody else.")
@click.option("-o", "--output", metavar="FILE", help="Where it goes; default: in place.")
def sign(  # noqa: PLR0913 - one parameter per option
    *,
    bundle: str,
    key: str,
    key_id: str | None,
    scope: str | None,
    sequence: int | None,
    requester: str | None,
    approver: str | None,
    output: str | None,
) -> None:
    """Sign BUNDLE with an ES256 key; any signature it had is replaced.

    `-` is standard input or output.
    """
    target = output or bundle
    data = read_bundle_file(bundle)
    approval = _approval(requester, approver)
    signed = sign_with(data, key, key_id=key_id, scope=scope, sequence=sequence, approval=approval)
    if target == "-":
        sys.stdout.buffer.write(signed)
        return
    if Path(target).is_dir():
        raise UsageError(f"`{target}` is a folder")
    write_atomically(Path(target), signed)
    click.echo(f"signed  {target}  {len(signed)} bytes", err=True)


def _approval(requester: str | None, approver: str | None) -> Approval | None:
    if requester is None and approver is None:
        return None
    if requester is None or approver is None:
        raise UsageError("name both by `--requester` and `--approver`, or neither")
    return Approval(requester, approver)
