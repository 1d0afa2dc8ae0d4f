"""`wilkc init`: a folder of policies to start from. Layer: cli."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from wilkc.cli.commands.schema import schema_text
from wilkc.cli.files import write_atomically
from wilkc.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

TEMPLATES: Final = Path(__file__).parents[3] / "templates" / "init"
"""The first spec and policy, beside the package."""
SCHEMA_FILE: Final = "wilk.schema.json"
"""What the first line of each template names."""


@click.command()
@click.argument("folder", default="policies", metavar="[DIR]")
def init(*, folder: str) -> None:
    """Start a folder of policies: a first spec, a security policy and a schema.

    DIR is `policies` unless another is named. Nothing that is there already is touched.
    """
    root = Path(folder)
    files = _files()
    held = [str(root / name) for name in files if os.path.lexists(root / name)]
    if held:
        raise UsageError(
            f"already there: {', '.join(f'`{one}`' for one in held)}",
            help_text="name another folder; nothing was written",
        )
    _write(root, files)
    for name in files:
        click.echo(root / name)
    click.echo(f"next: edit {root / 'agent.yaml'}, then  wilkc check {root}", err=True)


def _files() -> Mapping[str, bytes]:
    texts = {path.name: path.read_bytes() for path in sorted(TEMPLATES.glob("*.yaml"))}
    if not texts:
        raise UsageError(
            f"the first spec is missing at {TEMPLATES}",
            help_text="install Wilk from its project folder",
        )
    return {**texts, SCHEMA_FILE: schema_text().encode()}


def _write(root: Path, files: Mapping[str, bytes]) -> None:
    """Write all files, or none of them."""
    written: list[Path] = []
    try:
        root.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            write_atomically(root / name, data)
            written.append(root / name)
    except OSError as error:
        raise UsageError(f"cannot make the folder `{root}`: {error.strerror}") from error
    except UsageError:
        for path in written:
            path.unlink()
        raise
