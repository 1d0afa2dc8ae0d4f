"""`wilkc identity create-key` and `rotate`. Layer: cli."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wilkc.cli.identities import change_options, changing
from wilkc.core.errors import UsageError
from wilkc.identity import NotEndedError
from wilkc.identity.api_keys import MAX_DAYS, OVERLAP_DAYS, ROTATE_DAYS

if TYPE_CHECKING:
    from wilkc.cli.identities import Note
    from wilkc.identity import ApiKey, Identity


@click.command("create-key")
@click.argument("directory", metavar="DIR")
@click.argument("principal", metavar="AGENT")
@click.option("--scope", multiple=True, required=True, metavar="TYPE:ACTION", help="Used for.")
@click.option("--for", "acts_for", multiple=True, metavar="AGENT", help="May also ask for it.")
@click.option("--days", default=MAX_DAYS, show_default=True, metavar="N", help="How long it lives.")
@click.option(
    "--rotate-days", default=ROTATE_DAYS, show_default=True, metavar="N", help="When it is due."
)
@change_options
def create_key(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    directory: str,
    principal: str,
    scope: tuple[str, ...],
    acts_for: tuple[str, ...],
    days: int,
    rotate_days: int,
    audit: str,
    by: str | None,
) -> None:
    """Make an API key of AGENT in the identity in DIR, and show it this once.

    A scope is `TYPE:ACTION`, where either may be `*`. The key goes to standard output alone.
    """
    with changing(directory, audit, by) as (identity, note):
        # On record before it is in force; then it is shown first of all.
        made, text = identity.api_keys.create(
            principal, scope, acts_for=acts_for, days=days, rotate_days=rotate_days,
            before=lambda key: note("create-key", f"key/{key.id}", principal),
        )  # fmt: skip
        click.echo(text)
        click.echo(f"key {made.id} of {principal}; it is not shown again", err=True)


@click.command()
@click.argument("directory", metavar="DIR")
@click.argument("key", metavar="[ID]", required=False)
@click.option("--due", is_flag=True, help="Every key whose rotation is due.")
@click.option(
    "--overlap-days", default=OVERLAP_DAYS, show_default=True, metavar="N",
    help="How long the old key lives on.",
)  # fmt: skip
@change_options
def rotate(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    directory: str,
    key: str | None,
    due: bool,
    overlap_days: int,
    audit: str,
    by: str | None,
) -> None:
    """Make the successor of a key, or of all that are due, and show it this once.

    One line for each: the old key's id, and the new key.
    """
    if (key is None) is not due:
        raise UsageError("name a key, or say `--due`")
    with changing(directory, audit, by) as (identity, note):
        wanted = [key] if key is not None else [one.id for one in identity.api_keys.due()]
        for name in wanted:
            _rotate(identity, name, overlap_days, note)


def _rotate(identity: Identity, name: str, overlap_days: int, note: Note) -> None:
    """On record before it is in force; once it is, the successor is shown whatever else fails."""

    def on_record(made: ApiKey) -> None:
        note("rotate-key", f"key/{name}", made.principal)

    try:
        _, text = identity.api_keys.rotate(name, overlap_days=overlap_days, before=on_record)
    except NotEndedError as error:
        click.echo(f"{name} {error.text}")
        raise
    click.echo(f"{name} {text}")
