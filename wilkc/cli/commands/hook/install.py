"""`wilkc hook install`: have a harness ask Wilk. Layer: cli."""

from __future__ import annotations

import os
from typing import Any

import click

from wilkc.adapters.hooks.harnesses import BY_NAME
from wilkc.adapters.hooks.wiring import with_hook
from wilkc.cli.hooking.files import read_settings, write_settings
from wilkc.cli.hooking.options import harness_option, install_options, named, scope_option
from wilkc.cli.hooking.places import NEW_MODES, hook_command, settings_path


@click.command()
@harness_option
@scope_option
@click.option("--after", is_flag=True, help="Judge what was done, too, as the harness tells it.")
@install_options
def install(*, harness: str, scope: str, after: bool, **given: Any) -> None:
    """Write Wilk's hook into the settings of a harness; what stands there is kept.

    The other options are those that the hook will run with; paths become absolute. With
    `--scope project` the project, and what `.` means, is `--workspace` or this directory. A file
    with comments or an error is refused, and nothing is changed.
    """
    facts = BY_NAME[harness]
    options = named({**given, "harness": harness})
    if scope == "project":
        options["workspace"] = options["workspace"] or "."
    command = hook_command(facts, options, scope)
    project = os.path.abspath(options["workspace"] or ".")  # noqa: PTH100  # as it was named
    path = settings_path(facts, scope, project)
    file = read_settings(path, new_mode=NEW_MODES[scope])
    wanted = with_hook(file.document, facts.settings, command, after=after)
    if write_settings(file, wanted):
        click.echo(f"installed  {harness}  {path}")
        if harness == "codex":
            click.echo("Codex runs it only once you have trusted it there: /hooks", err=True)
    else:
        click.echo(f"already installed  {harness}  {path}")
