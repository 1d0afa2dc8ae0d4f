"""`wilkc audit replay`: what a candidate policy would have said. Layer: cli."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from wilkc.cli import exits
from wilkc.cli.commands.audit.options import format_option, key_options
from wilkc.cli.engines import Choice, check_choice, open_engine
from wilkc.cli.recording import open_keys
from wilkc.cli.replaying import Log
from wilkc.cli.replaying import replay as replay_log
from wilkc.cli.review.replay_text import replay_lines
from wilkc.runtime.compliance import read_period

if TYPE_CHECKING:
    from wilkc.runtime.audit.replay import Replayed

_BEGINNING: Final = "1970-01-01"
_END: Final = "9999-12-30"
_SECONDS: Final = 60.0


@click.command()
@click.argument("directory", metavar="DIR")
@click.option("--bundle", required=True, metavar="PATH", help="The candidate: a bundle, or specs.")
@click.option("--recorded", metavar="PATH", help="The one that decided: it must agree first.")
@click.option("--from", "start", metavar="DAY", default=_BEGINNING, help="First day, or a time.")
@click.option("--to", "end", metavar="DAY", default=_END, help="Last day, or a time it ends at.")
@click.option("--key", "trusted", multiple=True, metavar="FILE", help="Who signs the bundles.")
@click.option("--scope", metavar="NAME", help="Scope that their signatures must bind.")
@click.option("--unverified", is_flag=True, help="Take bundles without looking at signatures.")
@key_options
@format_option
def replay(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    directory: str,
    bundle: str,
    recorded: str | None,
    start: str,
    end: str,
    trusted: tuple[str, ...],
    scope: str | None,
    unverified: bool,
    keys: str | None,
    provider: str | None,
    form: str,
) -> None:
    """Ask the recorded requests of the log in DIR again, under a candidate policy, by OPA.

    Exits with 6 where the bundle named by `--recorded` does not reproduce what it decided.
    """
    choices = {
        name: _choice(path, trusted, scope, unverified=unverified)
        for name, path in (("recorded", recorded), ("candidate", bundle))
        if path is not None
    }
    period = read_period(start, end)
    log = Log(Path(directory), open_keys(directory, keys, provider), period)
    found: dict[str, Replayed] = {}
    for name, choice in choices.items():
        with open_engine(choice) as engine:
            found[name] = replay_log(log, engine, own=name == "recorded")
    click.echo(_shown(found, form))
    first = found.get("recorded")
    if first is None:
        text = (
            "not asked first: whether the bundle that decided, named by `--recorded`, still agrees"
        )
        click.echo(text, err=True)
    if first is not None and (first.changes or not first.compared):
        click.echo("the recorded bundle does not reproduce what it decided", err=True)
        sys.exit(exits.REFUSED)


def _choice(path: str, trusted: tuple[str, ...], scope: str | None, *, unverified: bool) -> Choice:
    specs = Path(path).is_dir() or Path(path).suffix in {".yaml", ".yml"}
    choice = Choice(
        socket=None,
        bundle=None if specs else path,
        policies=(path,) if specs else (),
        engine="opa",
        keys=() if specs else trusted,
        key_id=None,
        scope=None if specs else scope,
        unverified=unverified and not specs,
        answer_seconds=_SECONDS,
        start_seconds=_SECONDS,
        # What a policy says is compared, not who may ask today.
        identity=None,
    )
    check_choice(choice)
    return choice


def _shown(found: dict[str, Replayed], form: str) -> str:
    if form == "json":
        return json.dumps({name: one.as_json() for name, one in found.items()}, indent=2)
    lines = []
    for name, one in found.items():
        lines += [
            f"{name}: {line}" if not number else line
            for number, line in enumerate(replay_lines(one))
        ]
    return "\n".join(lines)
