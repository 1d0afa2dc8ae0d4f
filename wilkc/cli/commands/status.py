"""`wilkc status`: how a sidecar fares. Layer: cli."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from wilkc.cli import exits
from wilkc.cli.decision_text import printable
from wilkc.cli.places import socket_place
from wilkc.opa import Announced, Transport
from wilkc.opa.pages import ask_condition
from wilkc.opa.readiness import answers

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.opa.condition import Condition
    from wilkc.opa.upkeep import Upkeep


@click.command()
@click.option("--socket", metavar="PATH", help="Where decisions are asked.")
@click.option("--run-dir", metavar="DIR", help="Instead of --socket: its folder, for `opa.sock`.")
@click.option(
    "--answering",
    is_flag=True,
    help="Exit with 0 whenever decisions come, whatever was refused: for probes.",
)
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How the result is shown.",
)
def status(*, socket: str | None, run_dir: str | None, answering: bool, form: str) -> None:
    """Show what a running `wilkc serve` has in force, and what is wrong.

    Exits with 0 when all is well, 6 when a newer bundle was refused, cannot be looked for or
    would not reach OPA (the old one answers), or work on the audit log fails, and 7 when nothing
    runs there or OPA does not answer.
    """
    place = socket_place(socket, run_dir)
    condition = ask_condition(place)
    answers_now = _answers(place, condition.revision)
    if form == "json":
        shown = {**condition.as_json(), "answers": answers_now}
        click.echo(json.dumps(shown, ensure_ascii=False))
    else:
        click.echo(_text(condition, answering=answers_now))
    code = _code(condition, answering=answers_now)
    sys.exit(exits.OK if answering and code == exits.REFUSED else code)


def _answers(place: Path, revision: str) -> bool:
    """Whether a decision comes now: what was known a few seconds ago may have changed."""
    transport = Transport(place, Announced(place))
    try:
        return answers(transport, revision)
    finally:
        transport.close()


def _code(condition: Condition, *, answering: bool) -> int:
    if not answering:
        return exits.UNAVAILABLE
    # What is wrong with OPA although it answers: no new bundle would come into force.
    problem = condition.source_problem or condition.sidecar_problem
    if condition.refusals or problem or not _kept(condition):
        return exits.REFUSED
    return exits.OK


def _kept(condition: Condition) -> bool:
    return condition.upkeep is None or condition.upkeep.well


def _of_upkeep(upkeep: Upkeep) -> list[str]:
    lines = [f"record    {'looked after' if upkeep.well else 'NOT well looked after'}"]
    if upkeep.problem:
        lines.append(f"upkeep    {printable(upkeep.problem)}")
    for name, one in sorted(upkeep.chores.items()):
        said = printable(one.problem) if one.problem else "well"
        done = "never done" if one.age_seconds < 0 else f"done {one.age_seconds:.0f} s ago"
        lines.append(f"upkeep    {printable(name)}: {said}, {done}")
    return lines


def _text(condition: Condition, *, answering: bool) -> str:
    place = f"sequence {condition.sequence}" if condition.sequence else "no sequence"
    scope = f"scope {condition.scope}" if condition.scope else "no scope"
    signed = f"{place}  key {condition.key_id}  {scope}"
    lines = [
        f"in force  revision {condition.revision}  {signed}  for {condition.age_seconds:.0f} s",
        f"OPA       {'answers' if answering else 'does not answer'}, {condition.restarts} restarts",
    ]
    if condition.sidecar_problem:
        lines.append(f"problem   {printable(condition.sidecar_problem)}")
    if condition.source_problem:
        lines.append(f"source    {printable(condition.source_problem)}")
    lines += [
        f"refused   {printable(name)}: {printable(why)}"
        for name, why in sorted(condition.refusals.items())
    ]
    if condition.upkeep is not None:
        lines += _of_upkeep(condition.upkeep)
    return "\n".join(lines)
