"""`wilkc keys export` and `restore`: a copy of the keys, and back. Layer: cli."""

from __future__ import annotations

from pathlib import Path

import click

from wilkc.cli.commands.audit.options import key_options
from wilkc.cli.record_places import provider_place
from wilkc.cli.recording import open_recorder
from wilkc.core.errors import UsageError
from wilkc.runtime.audit.clock import Clock, timestamp
from wilkc.runtime.audit.keeping import export_copy
from wilkc.runtime.disk import Disk
from wilkc.runtime.keys import create_provider, read_export, refuse_inside, restore_keys
from wilkc.runtime.keys.secrets import read_secret
from wilkc.runtime.keys.transfer import MAX_BYTES

_PASSPHRASE = click.option(
    "--passphrase-file", required=True, metavar="FILE", help="Its first line; closed to others."
)


@click.command()
@click.argument("directory", metavar="DIR")
@click.argument("target", metavar="FILE")
@_PASSPHRASE
@click.option("--days", default=30, show_default=True, metavar="N", help="How long it is kept.")
@click.option("--apart-from", multiple=True, metavar="DIR", help="Where the log's backups are.")
@key_options
def export(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    directory: str,
    target: str,
    passphrase_file: str,
    days: int,
    apart_from: tuple[str, ...],
    keys: str | None,
    provider: str | None,
) -> None:
    """Write an encrypted copy of the keys of the log in DIR to FILE; prints its name.

    It is on record before it exists. An erasure is not complete while a copy is kept that is
    older: say when it is gone by `wilkc keys confirm-destroyed`.
    """
    passphrase = read_secret(Path(passphrase_file), "passphrase")
    forbidden = tuple(map(Path, apart_from))
    with open_recorder(directory, keys, provider) as logger:
        name = export_copy(logger, Path(target), passphrase, days=days, forbidden=forbidden)
    click.echo(name)


@click.command()
@click.argument("source", metavar="FILE")
@click.argument("directory", metavar="DIR")
@_PASSPHRASE
@key_options
def restore(
    *,
    source: str,
    directory: str,
    passphrase_file: str,
    keys: str | None,
    provider: str | None,
) -> None:
    """Make the key directory of the log in DIR from the copy in FILE.

    The key directory must be missing or empty. A copy that is older than what the log knows
    is written, and refused when the log is opened.
    """
    passphrase = read_secret(Path(passphrase_file), "passphrase")
    target = Path(keys) if keys else Path(f"{Path(directory).absolute()}.keys")
    place, protected = provider_place(directory, keys, provider), (Path(directory), target)
    refuse_inside(target, (Path(directory),))
    copy = read_export(_read(Path(source)), passphrase)
    wrapper, now = create_provider(place, protected, Disk()), timestamp(Clock().wall_us())
    store = restore_keys(copy, target, wrapper, Disk(), now)
    click.echo(f"restored  {target}, ring version {store.ring.version}")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read `{path}`: {error.strerror}") from error
    if len(data) > MAX_BYTES:
        raise UsageError(f"`{path}` is larger than an export may be")
    return data
