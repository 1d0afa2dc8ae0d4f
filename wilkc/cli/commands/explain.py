"""`wilkc explain`: why a request is answered as it is, and what a sandbox holds. Layer: cli."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, NoReturn

import click

from wilkc.analyze.explain import Explanation
from wilkc.analyze.explain import explain as explain_request
from wilkc.cli import exits
from wilkc.cli.agreeing import check_with_opa
from wilkc.cli.diagnostics import as_text
from wilkc.cli.explaining import explanation_json, explanation_text
from wilkc.cli.options import format_option
from wilkc.cli.questions import short_question
from wilkc.cli.sandbox_text import sandbox_text
from wilkc.cli.sources import read_sources
from wilkc.cli.terminal import wants_colour
from wilkc.compiler import Understood, understand
from wilkc.core.contract import Request
from wilkc.core.errors import SpecError, UsageError
from wilkc.core.strict_json import decode_json

if TYPE_CHECKING:
    from collections.abc import Mapping


@click.command()
@click.argument("agent")
@click.argument("resource", required=False, metavar="[TYPE:REST]")
@click.argument("action", required=False)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--policies", multiple=True, metavar="PATH", help="Specs, as PATH.")
@click.option("--context", metavar="JSON", help="Circumstances of the request, an object.")
@click.option("--properties", metavar="JSON", help="Properties of the resource, an object.")
@click.option(
    "--engine",
    type=click.Choice(["opa", "reference"]),
    default="reference",
    show_default=True,
    help="Who decides; with opa both do, and must agree.",
)
@click.option("--sandbox", is_flag=True, help="Show the sandbox plan of AGENT's spec instead.")
@format_option(["text", "json"], "How the explanation is shown.", "WILK_EXPLAIN_FORMAT")
def explain(  # noqa: PLR0913 - one parameter per option
    *,
    agent: str,
    resource: str | None,
    action: str | None,
    paths: tuple[str, ...],
    policies: tuple[str, ...],
    context: str | None,
    properties: str | None,
    engine: str,
    sandbox: bool,
    form: str,
) -> None:
    """Explain whether AGENT may do ACTION to TYPE:REST: by which line, or what is nearest.

    `-` as PATH is standard input.

    For a denial: the nearest entry of the list that could have allowed it, what kept that from
    matching, and the smallest entry that would allow exactly this, tried in memory. With
    --sandbox, AGENT and PATH alone: what commands of the agent's spec see and may use.

    Exits with 0 for allowed, 4 for denied.
    """
    if sandbox:
        given = [one for one in (resource, action, *paths, *policies) if one is not None]
        _show_sandbox(agent, _understood(read_sources(given, stdin=True)), form)
        return
    if resource is None or action is None:
        raise UsageError(
            "there is no request",
            help_text="for example: wilkc explain reviewer file:./src/a.ts read policies",
        )
    sources = read_sources([*paths, *policies], stdin=True)
    held = _understood(sources)
    found = _explained(held, agent, resource, action, _object(context), _object(properties))
    if engine == "opa":
        check_with_opa(held.plan, [found.request])
    if form == "json":
        click.echo(json.dumps(explanation_json(found), indent=2))
    else:
        click.echo(explanation_text(found, sources, colour=wants_colour()))
        if engine == "opa":
            click.echo("opa      gives the same answer")
    sys.exit(exits.OK if found.decision.allow else exits.DENIED)


def _understood(sources: Mapping[str, bytes]) -> Understood:
    try:
        return understand(sources)
    except SpecError as error:
        click.echo(as_text(error.diagnostics, sources, colour=wants_colour()), err=True)
        sys.exit(exits.SPEC)


def _explained(  # noqa: PLR0913, PLR0917 - the parts of one request
    held: Understood,
    agent: str,
    resource: str,
    action: str,
    context: dict[str, Any],
    properties: dict[str, Any],
) -> Explanation:
    question = short_question(agent, resource, action, context=context, properties=properties)
    if question.request is not None:
        return explain_request(held.documents, held.plan, question.request)
    if question.refusal is None:
        raise UsageError("there is no request")
    kind, _, rest = resource.partition(":")
    asked = Request(agent, action, kind, rest, properties, context)
    specs = held.plan.agents.get(agent, ())
    why = "a request that cannot be read is never granted"
    return Explanation(asked, "", specs, question.refusal, no_suggestion=why)


def _object(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    try:
        value = decode_json(text.encode("utf-8", "surrogateescape"))
    except ValueError as error:
        _refuse(f"not JSON: {error}")
    if not isinstance(value, dict):
        _refuse("not an object")
    return value


def _refuse(why: str) -> NoReturn:
    raise UsageError(
        f"`--context` and `--properties` take JSON objects; this is {why}",
        help_text="""for example: --context '{"cwd": "./src"}'""",
    )


def _show_sandbox(agent: str, held: Understood, form: str) -> None:
    names = held.plan.agents.get(agent, ())
    if not names:
        raise UsageError(f"no spec is bound to an agent `{agent}`")
    specs = {name: held.plan.specs[name] for name in names}
    if form == "json":
        shown = {name: spec.sandbox.as_json() for name, spec in specs.items()}
        click.echo(json.dumps({"agent": agent, "sandboxes": shown}, indent=2))
    else:
        click.echo("\n\n".join(map(sandbox_text, specs.values())))
