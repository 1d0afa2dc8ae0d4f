"""For GitHub Actions: one annotation for each problem, and a page of the job. Layer: cli.

GitHub documents both under "Workflow commands for GitHub Actions". It shows the first ten
annotations of a kind; the page of the job has all of them, within its own limit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.cli.decision_text import printable
from wilkc.cli.diagnostics import summary
from wilkc.core.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.cli.formats.model import Report
    from wilkc.core.diagnostics import Diagnostic

MAX_ROWS: Final = 500
"""Rows of the page of the job, which may have 1 MiB."""
_DATA: Final = (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"))
_PROPERTY: Final = (*_DATA, (":", "%3A"), (",", "%2C"))
_MARKUP: Final = frozenset("\\`*_{}[]<>#|~&@$:")


def render(report: Report) -> str:
    """One annotation in each line, and a line that counts them."""
    counts = summary(report.diagnostics, len(report.sources))
    return "\n".join([*map(_annotation, report.diagnostics), _escaped(counts, _DATA)])


def job_summary(report: Report) -> str:
    """The page of the job, in Markdown."""
    head = f"### wilkc check\n\n{summary(report.diagnostics, len(report.sources))}\n"
    if not report.diagnostics:
        return f"{head}\n"
    rows = [_row(found) for found in report.diagnostics[:MAX_ROWS]]
    left = len(report.diagnostics) - len(rows)
    more = [f"\n… and {left} more"] if left else []
    table = ["| | code | place | problem |", "|---|---|---|---|", *rows, *more]
    return "\n".join([head, *table]) + "\n\n"


def append_summary(path: Path, report: Report) -> None:
    """Append the page to the file of the job; several steps may have written to it.

    Raises:
        UsageError: the file cannot be written.
    """
    try:
        with path.open("a", encoding="utf-8", errors="replace") as file:
            file.write(job_summary(report))
    except OSError as error:
        raise UsageError(
            f"cannot write the job summary `{path}`: {error.strerror}",
            help_text="mend or unset GITHUB_STEP_SUMMARY",
        ) from error


def _annotation(found: Diagnostic) -> str:
    span = found.span
    properties = {
        "file": span.file,
        "line": str(span.line),
        "endLine": str(span.end_line),
        "col": str(span.column),
        "endColumn": str(max(span.column, span.end_column - 1)),
        "title": f"wilkc {found.code}",
    }
    if span.line != span.end_line:
        # GitHub wants columns only where they are in one line.
        del properties["col"], properties["endColumn"]
    listed = ",".join(f"{key}={_escaped(text, _PROPERTY)}" for key, text in properties.items())
    parts = [found.message, found.label, found.help and f"help: {found.help}"]
    text = "\n".join(part for part in parts if part)
    return f"::{found.severity} {listed}::{_escaped(text, _DATA)}"


def _escaped(text: str, table: tuple[tuple[str, str], ...]) -> str:
    for char, written in table:
        text = text.replace(char, written)
    return printable(text)


def _row(found: Diagnostic) -> str:
    place = f"{found.span.file}:{found.span.line}"
    cells = [found.severity, found.code, place, found.message]
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(text: str) -> str:
    """A text that Markdown shows as it is, in one line."""
    return "".join(f"&#{ord(char)};" if char in _MARKUP else char for char in printable(text))
