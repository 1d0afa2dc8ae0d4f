"""`wilkc audit recover`: taking a log up again after a crash, or after a loss. Layer: cli."""

from __future__ import annotations

from pathlib import Path

import click

from wilkc.cli.commands.audit.options import key_options
from wilkc.cli.recording import hold_log, open_keys
from wilkc.core.errors import UsageError
from wilkc.runtime.audit import accept_loss
from wilkc.runtime.keys import SigningKey, parse_signer


@click.command()
@click.argument("directory", metavar="DIR")
@click.option("--accept-loss", "accepted", is_flag=True, help="Go on though records are gone.")
@click.option("--root-key", metavar="FILE", help="The root key, which certifies that.")
@key_options
def recover(
    *, directory: str, accepted: bool, root_key: str | None, keys: str | None, provider: str | None
) -> None:
    """Repair what a crash left of the log in DIR, and see that it can be written.

    A log that lost records, or the key of its open segment, is taken up only with
    `--accept-loss` and the root key; every later verification shows that it was.
    """
    if accepted != (root_key is not None):
        raise UsageError(
            "a loss is accepted by `--accept-loss` together with `--root-key FILE`",
            help_text="without both, only what a crash left is repaired",
        )
    if root_key is not None:
        store = open_keys(directory, keys, provider)
        seq = accept_loss(Path(directory), store, _read_root(root_key))
        click.echo(f"accepted  the log goes on at record {seq:,}; every verification shows it")
    with hold_log(directory, keys, provider) as logger:
        click.echo(f"open  {logger.origin} can be written")


def _read_root(path: str) -> SigningKey:
    try:
        return parse_signer(Path(path).read_text(encoding="ascii").strip())[1]
    except OSError as error:
        raise UsageError(f"cannot read `{path}`: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"`{path}` is no root key: {error}") from error
