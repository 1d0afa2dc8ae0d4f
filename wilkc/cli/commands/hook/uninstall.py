"""`wilkc hook uninstall`: take the hook out of a harness's settings. Layer: cli."""

from __future__ import annotations

import click

from wilkc.adapters.hooks.harnesses import BY_NAME
from wilkc.adapters.hooks.wiring import without_hook
from wilkc.cli.hooking.files import read_settings, write_settings
from wilkc.cli.hooking.options import harness_option, scope_option
from wilkc.cli.hooking.places import NEW_MODES, settings_path
from wilkc.core.errors import UnavailableError


@click.command()
@harness_option
@scope_option
@click.option("--workspace", metavar="DIR", help="The project; default: this directory.")
def uninstall(*, harness: str, scope: str, workspace: str | None) -> None:
    """Take Wilk's hook out of the settings of a harness; everything else is kept."""
    facts = BY_NAME[harness]
    path = settings_path(facts, scope, workspace or ".")
    file = read_settings(path, new_mode=NEW_MODES[scope])
    wanted = without_hook(file.document, facts.settings)
    if file.data is not None and facts.settings.own and not wanted.get("hooks"):
        try:
            file.path.unlink()
        except OSError as error:
            raise UnavailableError(f"cannot remove `{path}`: {error.strerror}") from error
        click.echo(f"removed  {harness}  {path}")
    elif file.data is not None and write_settings(file, wanted):
        click.echo(f"removed  {harness}  {path}")
    else:
        click.echo(f"not installed  {harness}  {path}")
