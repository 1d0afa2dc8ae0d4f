"""`wilkc test`: does a policy mean what its tests say, and would they notice? Layer: cli."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wilkc.analyze.witnesses import witness_rows
from wilkc.cli import exits
from wilkc.cli.diagnostics import as_text
from wilkc.cli.files import write_atomically
from wilkc.cli.junit import report_junit
from wilkc.cli.options import format_option, from_settings
from wilkc.cli.sources import read_file, read_sources
from wilkc.cli.terminal import Progress, wants_colour
from wilkc.cli.tested import percentage, report_json, report_text
from wilkc.cli.testing import gather_cases, run_tests
from wilkc.compiler import understand
from wilkc.core.errors import SpecError, UsageError
from wilkc.spec import matrix_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wilkc.cli.testing import Report
    from wilkc.plan import Plan

_PERCENT = click.FloatRange(min=0, max=100)


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--matrix", multiple=True, metavar="FILE", help="Tests as rows, YAML or CSV.")
@click.option(
    "--record", metavar="FILE", help="Write what the policy answers now as a matrix, YAML or CSV."
)
@click.option(
    "--min-coverage",
    type=_PERCENT,
    metavar="PERCENT",
    envvar="WILK_TEST_MIN_COVERAGE",
    help="Entries that must decide a test.",
)
@click.option(
    "--min-mutation",
    type=_PERCENT,
    metavar="PERCENT",
    envvar="WILK_TEST_MIN_MUTATION",
    help="Changes that a test must notice.",
)
@click.option("--no-mutation", is_flag=True, help="Do not try what changes the tests notice.")
@click.option(
    "--engine",
    type=click.Choice(["both", "reference"]),
    default="both",
    show_default=True,
    help="Who answers; both asks OPA too where it is there, and it must agree.",
)
@click.option("--allow-empty", is_flag=True, help="Let a policy without any tests pass.")
@format_option(["text", "json", "junit"], "How the report is shown.", "WILK_TEST_FORMAT")
@click.option("-o", "--output", metavar="FILE", help="Where the report goes; text is printed too.")
def test(  # noqa: PLR0913 - one parameter per option
    *,
    paths: tuple[str, ...],
    matrix: tuple[str, ...],
    record: str | None,
    min_coverage: float | None,
    min_mutation: float | None,
    no_mutation: bool,
    engine: str,
    allow_empty: bool,
    form: str,
    output: str | None,
) -> None:
    """Run the tests of the specs under PATH: their own `tests:`, and rows of matrix files.

    `-` is standard input, and as FILE of -o standard output.

    Reports which entries decided a test, and which changes to an entry no test would notice.
    Exits with 3 when a test fails or there is none, 6 when a threshold is not met.
    """
    if no_mutation and min_mutation is not None and from_settings("min_mutation"):
        click.echo("wilkc: `min-mutation` of the settings is not asked: `--no-mutation`", err=True)
        min_mutation = None
    if no_mutation and min_mutation is not None:
        raise UsageError("`--min-mutation` needs what `--no-mutation` leaves out")
    sources = {**read_sources(paths, stdin=True)}
    matrices = {name: read_file(Path(name)) for name in matrix}
    texts = {**sources, **matrices}
    try:
        held = understand(sources)
        cases = gather_cases(held, matrices)
    except SpecError as error:
        click.echo(as_text(error.diagnostics, texts, colour=wants_colour()), err=True)
        sys.exit(exits.SPEC)
    with Progress("testing"):
        report = run_tests(
            held.plan, cases, with_opa=engine == "both", with_mutants=not no_mutation
        )
    _show(report, texts, form, output)
    recorded = 0 if record is None else _record(held.plan, report, record)
    code = exits.OK
    for missed in _missed(report, min_coverage, min_mutation):
        click.echo(f"wilkc: {missed}", err=True)
        code = exits.REFUSED
    if not (report.outcomes or allow_empty or recorded):
        click.echo("wilkc: there are no tests", err=True)
        click.echo("  = help: write `tests:` in a spec, or name rows by `--matrix FILE`", err=True)
        code = exits.SPEC
    sys.exit(exits.SPEC if report.failed else code)


def _show(report: Report, texts: Mapping[str, bytes], form: str, output: str | None) -> None:
    text = report_text(report, texts, colour=output in {None, "-"} and wants_colour())
    made = {
        "text": lambda: text,
        "json": lambda: json.dumps(report_json(report), indent=2),
        "junit": lambda: report_junit(report),
    }[form]()
    if output in {None, "-"}:
        click.echo(made)
        return
    write_atomically(Path(str(output)), f"{made}\n".encode("utf-8", "backslashreplace"))
    click.echo(text)


def _record(plan: Plan, report: Report, file: str) -> int:
    survivors = report.mutation.survivors if report.mutation is not None else ()
    rows = witness_rows(plan, survivors)
    write_atomically(Path(file), matrix_text(rows, file).encode())
    click.echo(f"recorded {len(rows)} answers in {file}", err=True)
    return len(rows)


def _missed(
    report: Report, min_coverage: float | None, min_mutation: float | None
) -> Iterator[str]:
    """What is below its threshold."""
    found, changed = report.coverage, report.mutation
    part, whole = len(found.touched), len(found.entries)
    counts = [("coverage", min_coverage, part, whole)]
    if changed is not None:
        counts.append(("mutation", min_mutation, changed.noticed, changed.counted))
    for name, least, reached, total in counts:
        if least is not None and reached * 100 < least * total:
            share = percentage(reached, total)
            yield f"{name} is {share} %, below --min-{name} {least:g}"
