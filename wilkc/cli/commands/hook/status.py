"""`wilkc hook status`: whether a harness asks Wilk. Layer: cli."""

from __future__ import annotations

import os
import socket as sockets
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wilkc.adapters.hooks.harnesses import BY_NAME
from wilkc.adapters.hooks.options import parse
from wilkc.adapters.hooks.wiring import SCRIPT, commands_in, differences_in
from wilkc.cli import exits
from wilkc.cli.hooking.files import read_settings
from wilkc.cli.hooking.levels import problems_of_levels
from wilkc.cli.hooking.options import harness_option, scope_option
from wilkc.cli.hooking.places import NEW_MODES, settings_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.adapters.hooks.model import Harness


@click.command()
@harness_option
@scope_option
@click.option("--workspace", metavar="DIR", help="The project; default: this directory.")
def status(*, harness: str, scope: str, workspace: str | None) -> None:
    """Show whether the hook is installed and can run, and what it would ask.

    Settings of all levels are read for what turns hooks off. Exits with 0 when all is well, and 7
    when it is not installed, is turned off or could not decide.
    """
    facts = BY_NAME[harness]
    path = settings_path(facts, scope, workspace or ".")
    file = read_settings(path, new_mode=NEW_MODES[scope])
    found = commands_in(file.document, facts.settings)
    click.echo(f"harness   {harness}, facts of {facts.read_for}")
    click.echo(f"settings  {path}")
    problems = [
        *_problems(facts, found),
        *differences_in(file.document, facts.settings),
        *problems_of_levels(facts, workspace or "."),
    ]
    for event, commands in found.items():
        click.echo(f"event     {event}: {len(commands)} hook")
    for problem in problems:
        click.echo(f"problem   {problem}")
    if not problems:
        click.echo("well      the hook can decide")
    sys.exit(exits.UNAVAILABLE if problems else exits.OK)


def _problems(facts: Harness, found: dict[str, list[list[str]]]) -> Iterator[str]:
    missing = [event for event in facts.settings.events if event not in found]
    if missing:
        yield f"nothing is judged at {', '.join(missing)}"
    for command in {tuple(one) for commands in found.values() for one in commands}:
        place = next(n for n, word in enumerate(command) if word.endswith(SCRIPT))
        if command[1:place] != ("-I",) or not _is_python(command[0]):
            yield f"it is not started as `install` writes it: `{' '.join(command[: place + 1])}`"
        for path in (command[0], command[place]):
            if not os.access(path, os.R_OK):
                yield f"`{path}` is not there"
        try:
            options = parse(command[place + 1 :])
        except ValueError as error:
            yield str(error)
            continue
        answers = options["socket"] is not None and _answers(options["socket"])
        if not answers and options["bundle"] is None:
            yield f"no service answers at `{options['socket']}`, and no bundle is named"
        elif not answers and not Path(options["bundle"]).is_file():
            yield f"there is no bundle `{options['bundle']}`"
        elif not answers and not Path(options["audit"]).is_dir():
            yield f"there is no audit log `{options['audit']}`"


def _is_python(program: str) -> bool:
    return program == sys.executable or Path(program).name.startswith("python")


def _answers(socket: str) -> bool:
    with sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM) as probe:
        try:
            probe.connect(socket)
        except OSError:
            return False
    return True
