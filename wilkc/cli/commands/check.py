"""`wilkc check`: every problem of every spec at once. Layer: cli."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wilkc.cli import exits
from wilkc.cli.decision_text import printable
from wilkc.cli.formats import FORMATS, Report, rendered
from wilkc.cli.options import format_option
from wilkc.cli.reviews import Review, review_paths
from wilkc.cli.terminal import Progress, wants_colour

if TYPE_CHECKING:
    from collections.abc import Callable


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """The options of `wilkc check`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS = (
    format_option(
        FORMATS,
        "How problems are shown. `github` also appends to the file that GITHUB_STEP_SUMMARY names.",
        "WILK_CHECK_FORMAT",
    ),
    click.option("-o", "--output", metavar="FILE", help="Write there instead of printing."),
    click.option(
        "--strict",
        is_flag=True,
        envvar="WILK_CHECK_STRICT",
        help="Warnings make the check fail, too.",
    ),
    click.option(
        "--baseline", metavar="FILE", help="Do not show the findings that this file records."
    ),
    click.option(
        "--write-baseline", metavar="FILE", help="Record all findings there; show errors alone."
    ),
    click.option(
        "--fix",
        "mend",
        is_flag=True,
        help="Mend in the files what can be mended without a change of meaning.",
    ),
    click.option("-q", "--quiet", is_flag=True, help="Print nothing when there are no problems."),
)


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@_options
def check(  # noqa: PLR0913 - one parameter per option
    *,
    paths: tuple[str, ...],
    form: str,
    output: str | None,
    strict: bool,
    baseline: str | None,
    write_baseline: str | None,
    mend: bool,
    quiet: bool,
) -> None:
    """Check the specs under PATH: syntax, types, patterns, meaning, their own tests, and lint.

    `-` is standard input: one more file, for editors, whose specs name their agents.
    With text, what sandboxed commands can do although the policy denies it goes to standard
    error.
    Exits with 3 when there are errors; lint only warns. `# wilk: ignore CODE: REASON`, on the
    line or on one above it, passes over a warning of lint.
    """
    with Progress("checking", quiet=quiet):
        review = review_paths(
            paths,
            mend=mend,
            baseline=Path(baseline) if baseline else None,
            record=Path(write_baseline) if write_baseline else None,
        )
    for line in review.notes:
        click.echo(line, err=True)
    report = _report(review, strict=strict, to_file=output is not None)
    _show(report, form, output, quiet=quiet)
    for line in review.gaps if form == "text" and not quiet else ():
        click.echo(printable(line), err=True)
    failed = any(map(report.fails, report.diagnostics))
    sys.exit(exits.SPEC if failed else exits.OK)


def _report(review: Review, *, strict: bool, to_file: bool) -> Report:
    return Report(
        diagnostics=review.diagnostics,
        sources=review.sources,
        about=review.about,
        hidden=review.hidden,
        strict=strict,
        colour=not to_file and wants_colour(),
    )


def _show(report: Report, form: str, output: str | None, *, quiet: bool) -> None:
    # A file name may hold bytes that are no text.
    text = rendered(form, report).encode("utf-8", "replace").decode("utf-8")
    if output not in {None, "-"}:
        from wilkc.cli.files import write_atomically  # noqa: PLC0415 - rarely wanted

        write_atomically(Path(str(output)), f"{text}\n".encode())
    elif form != "text" or report.diagnostics or not quiet:
        click.echo(text)
    place = os.environ.get("GITHUB_STEP_SUMMARY")
    if form == "github" and place:
        from wilkc.cli.formats.github import append_summary  # noqa: PLC0415 - rarely wanted

        append_summary(Path(place), report)
