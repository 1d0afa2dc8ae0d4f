"""`wilkc audit proof`: that a record is in the log, or that the log only grew. Layer: cli."""

from __future__ import annotations

from pathlib import Path

import click

from wilkc.cli.commands.audit.options import checkpoint_text, read_text
from wilkc.core.errors import UsageError
from wilkc.runtime.audit.export import make_bundle, make_growth
from wilkc.runtime.audit.note import parse_checkpoint


@click.command()
@click.argument("directory", metavar="DIR")
@click.option("--event", type=int, metavar="N", help="Prove that record N is in the log.")
@click.option("--root", metavar="VKEY", help="The key that `init` printed; needed with `--event`.")
@click.option("--checkpoint", metavar="FILE", help="In whose tree; default: the published one.")
@click.option(
    "--consistency",
    nargs=2,
    metavar="OLD NEW",
    help="Prove that the log grew from checkpoint OLD to NEW; OLD is `none` for the first time.",
)
def proof(
    *,
    directory: str,
    event: int | None,
    root: str | None,
    checkpoint: str | None,
    consistency: tuple[str, str] | None,
) -> None:
    """Print a proof about the log in DIR, for somebody who does not have the log.

    A proof of a record is verified by `wilkc audit verify-proof` with the root key alone; a
    proof of growth is what `wilkc audit witness` asks for.
    """
    log = Path(directory)
    if (event is None) == (consistency is None):
        raise UsageError("a proof is either of a record, `--event`, or of growth, `--consistency`")
    if consistency is not None:
        click.echo(_growth(log, *consistency), nl=False)
        return
    if event is None or root is None:
        raise UsageError("the root key is needed: `--root`")
    text = checkpoint_text(log, checkpoint)
    click.echo(make_bundle(log, event, text, root), nl=False)


def _growth(log: Path, old: str, new: str) -> bytes:
    try:
        before = None if old == "none" else parse_checkpoint(read_text(old, "checkpoint"))[0]
    except ValueError as error:
        raise UsageError(f"`{old}` is no checkpoint: {error}") from error
    return make_growth(log, before, read_text(new, "checkpoint"))
