"""`wilkc decide`: ask for decisions. Layer: cli."""

from __future__ import annotations

import itertools
import json
import sys
from typing import TYPE_CHECKING, Final

import click

from wilkc.cli import exits
from wilkc.cli.decision_text import decision_text, printable
from wilkc.cli.diagnostics import as_text
from wilkc.cli.engines import Choice, check_choice, open_engine
from wilkc.cli.main import show_refusal
from wilkc.cli.options import identity_option, key_options
from wilkc.cli.questions import Question, batch_questions, short_question
from wilkc.cli.recorded import recorded
from wilkc.cli.recording import audit_options
from wilkc.cli.signals import end_in_order
from wilkc.cli.sources import STDIN, read_sources
from wilkc.cli.terminal import Progress, wants_colour
from wilkc.core.errors import SpecError, UnavailableError, UsageError
from wilkc.opa import NoAnswerError, is_answer, no_answer
from wilkc.opa.denials import NO_DECISION_POINT
from wilkc.runtime.audit import AUDIT_UNAVAILABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from wilkc.cli.engines import Engine
    from wilkc.core.contract import Decision

GROUP: Final = 1000
"""Requests of a batch that are asked together."""


@click.command()
@click.argument("agent", required=False)
@click.argument("resource", required=False, metavar="[TYPE:REST]")
@click.argument("action", required=False)
@click.option("--socket", metavar="PATH", help="Ask the sidecar that serves there.")
@click.option("--bundle", metavar="FILE", help="Ask a sidecar of this call, with this bundle.")
@key_options(
    "Public key that the bundle must be signed by; several while keys change.",
    "Scope that the bundle's signature must bind.",
)
@click.option("--unverified", is_flag=True, help="Take the bundle without looking at signatures.")
@click.option(
    "--policies",
    multiple=True,
    metavar="PATH",
    help="Compile these specs first, `-` for stdin; without --socket and --bundle those of the "
    "default places.",
)
@click.option(
    "--engine",
    type=click.Choice(["opa", "reference"]),
    default="opa",
    show_default=True,
    help="Who decides; the reference evaluator takes specs alone.",
)
@click.option("--batch", metavar="FILE", help="JSON Lines of AuthZEN requests; `-` for stdin.")
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    help="How decisions are shown; default: text, and json for a batch.",
)
@click.option(
    "--timeout",
    "answer_seconds",
    type=click.FloatRange(min=0.01, max=60),
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="How long one answer may take.",
)
@click.option(
    "--start-timeout",
    "start_seconds",
    type=click.FloatRange(min=0.1),
    default=20.0,
    show_default=True,
    metavar="SECONDS",
    help="How long a sidecar of this call may take to start.",
)
@identity_option
@audit_options
def decide(  # noqa: PLR0913 - one parameter per option
    *,
    agent: str | None,
    resource: str | None,
    action: str | None,
    batch: str | None,
    form: str | None,
    audit: str | None,
    audit_keys: str | None,
    audit_provider: str | None,
    **options: object,
) -> None:
    """Ask whether AGENT may do ACTION to TYPE:REST, or ask all requests of a batch.

    Exits with 0 for allowed, 4 for denied, 7 where nobody decided or nothing could be
    recorded. A batch exits with 0 when every request got an answer. With `--audit` each answer
    is on record before it is shown.
    """
    end_in_order()
    choice = Choice(**options)  # type: ignore[arg-type]  # click's options, checked by click
    check_choice(choice)
    if batch == STDIN in choice.policies:
        raise UsageError("`-` is either the batch or the specs, not both")
    questions = iter(_questions(agent, resource, action, batch))
    sources = read_sources(choice.policies, stdin=True) if choice.compiles else {}
    show = _shower(form or ("text" if batch is None else "json"), batched=batch is not None)
    try:
        with (
            open_engine(choice, sources) as engine,
            recorded(engine, audit, audit_keys, audit_provider) as recording,
            # Answers that are read on the same terminal tell how far it is.
            Progress("deciding", quiet=sys.stdout.isatty()) as progress,
        ):
            code = _answer_all(questions, recording, show, progress.step)
    except SpecError as error:
        shown = as_text(error.diagnostics, sources, colour=wants_colour())
        click.echo(shown, err=True)
        sys.exit(exits.SPEC)
    except UnavailableError as error:
        show_refusal(error)
        _answer_all(questions, _nobody(error), show)
        code = exits.UNAVAILABLE
    sys.exit(exits.OK if batch is not None and code == exits.DENIED else code)


def _questions(
    agent: str | None, resource: str | None, action: str | None, batch: str | None
) -> Iterable[Question]:
    if batch is not None:
        if agent is not None:
            raise UsageError("name one request or `--batch`, not both")
        return batch_questions(batch)
    if agent is None or resource is None:
        raise UsageError(
            "there is no request",
            help_text="for example: wilkc decide reviewer file:./src/a.ts read --socket PATH",
        )
    return [short_question(agent, resource, action)]


def _answer_all(
    questions: Iterator[Question],
    engine: Engine,
    show: Callable[[Question, Decision], None],
    step: Callable[[int], None] = lambda _: None,
) -> int:
    """Show every answer in order, and say how many; the exit code of the weightiest."""
    code = exits.OK
    while group := list(itertools.islice(questions, GROUP)):
        for question, decision in zip(group, _answers(group, engine), strict=True):
            show(question, decision)
            if not is_answer(decision) or decision.detail == AUDIT_UNAVAILABLE:
                code = exits.UNAVAILABLE
            elif not decision.allow:
                code = max(code, exits.DENIED)
        step(len(group))
    return code


def _answers(group: Sequence[Question], engine: Engine) -> list[Decision]:
    requests = [question.request for question in group if question.request is not None]
    decided = iter(engine(requests) if requests else [])
    return [question.refusal or next(decided) for question in group]


def _nobody(error: UnavailableError) -> Engine:
    """Who answers where nobody can: no, and why."""
    detail = error.detail if isinstance(error, NoAnswerError) else NO_DECISION_POINT
    decision = no_answer(NoAnswerError(detail, error.message))
    return lambda requests: [decision] * len(requests)


def _shower(form: str, *, batched: bool) -> Callable[[Question, Decision], None]:
    def show_json(question: Question, decision: Decision) -> None:
        head = {"id": question.id} if batched else {}
        click.echo(json.dumps({**head, **decision.as_json()}))

    def show_text(question: Question, decision: Decision) -> None:
        if batched:
            click.echo(f"request   {printable(json.dumps(question.id))}")
        click.echo(decision_text(decision, colour=wants_colour()))

    return show_json if form == "json" else show_text
