"""`wilkc identity revoke` and `restore`. Layer: cli."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from wilkc.cli.identities import change_options, changing
from wilkc.core.errors import UsageError

if TYPE_CHECKING:
    from wilkc.identity.revocation import Kind

_KIND: Final = click.argument(
    "kind", type=click.Choice(["key", "token", "session", "family", "principal", "agent"])
)


@click.command()
@click.argument("directory", metavar="DIR")
@_KIND
@click.argument("name")
@change_options
def revoke(*, directory: str, kind: Kind, name: str, audit: str, by: str | None) -> None:
    """Revoke a key, token, session, family, principal or agent, in all processes at once.

    NAME is what the record and the lists call it; a token is `'ISSUER ID'`.
    """
    with changing(directory, audit, by) as (identity, note):
        identity.revocations.revoke(kind, name)
        note("revoke", f"{kind}/{name}", name)
    click.echo(f"revoked  {kind} {name}")


@click.command()
@click.argument("directory", metavar="DIR")
@_KIND
@click.argument("name")
@change_options
def restore(*, directory: str, kind: Kind, name: str, audit: str, by: str | None) -> None:
    """Lift a revocation; it is on record before it is lifted."""
    with changing(directory, audit, by) as (identity, note):
        if not identity.revocations.is_revoked(kind, name, identity.clock.now()):
            raise UsageError(f"the {kind} `{name}` is not revoked")
        note("restore", f"{kind}/{name}", name)
        identity.revocations.restore(kind, name)
    click.echo(f"restored  {kind} {name}")
