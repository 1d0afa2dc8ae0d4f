"""Diagnostics as text and JSON. Layer: cli."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import click

from wilkc.cli.decision_text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wilkc.core.diagnostics import Diagnostic
    from wilkc.core.spans import Span

COLOURS: Final = {"error": "red", "warning": "yellow"}


def as_json(diagnostics: Sequence[Diagnostic]) -> str:
    """The stable JSON form of a list of problems."""
    found = [diagnostic.as_json() for diagnostic in diagnostics]
    return json.dumps({"diagnostics": found}, indent=2, ensure_ascii=False)


def as_text(
    diagnostics: Sequence[Diagnostic], sources: Mapping[str, bytes], *, colour: bool
) -> str:
    """Every problem with its line of source, and a line that counts them."""
    blocks = [block(diagnostic, sources, colour=colour) for diagnostic in diagnostics]
    return "\n\n".join([*blocks, summary(diagnostics, len(sources))])


def summary(diagnostics: Sequence[Diagnostic], files: int) -> str:
    """How many problems there are in how many files."""
    errors = sum(diagnostic.severity == "error" for diagnostic in diagnostics)
    warnings = len(diagnostics) - errors
    return f"{_count(errors, 'error')}, {_count(warnings, 'warning')} in {_count(files, 'file')}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def block(diagnostic: Diagnostic, sources: Mapping[str, bytes], *, colour: bool) -> str:
    """One problem with its line of source."""
    span = diagnostic.span
    head = f"{diagnostic.severity}[{diagnostic.code}]"
    if colour:
        head = click.style(head, fg=COLOURS[diagnostic.severity], bold=True)
    # A message may quote what a YAML escape has put into a text.
    message, label = printable(diagnostic.message), printable(diagnostic.label)
    lines = [f"{head}: {message}", *excerpt(span, sources, label)]
    gutter = " " * len(str(span.line))
    if diagnostic.help:
        lines.append(f"{gutter} = help: {printable(diagnostic.help)}")
    lines.append(f"{gutter} = page: wilkc rules {diagnostic.code}")
    return "\n".join(lines)


def excerpt(span: Span, sources: Mapping[str, bytes], label: str = "") -> list[str]:
    """Where a place is, its line of source, and the place underlined with a few words."""
    lines = [f"  --> {printable(str(span))}"]
    source = _line(sources.get(span.file), span.line)
    gutter = " " * len(str(span.line))
    if source is not None:
        lines += [
            f"{gutter} |",
            f"{span.line} | {source}",
            f"{gutter} | {_underline(span, source)} {label}".rstrip(),
        ]
    return lines


def _line(data: bytes | None, number: int) -> str | None:
    """One line of a source."""
    if data is None:
        return None
    lines = data.decode("utf-8", errors="replace").split("\n")
    if number > len(lines) or not lines[number - 1].strip():
        return None
    return printable(lines[number - 1])


def _underline(span: Span, source: str) -> str:
    end = span.end_column if span.line == span.end_line else len(source) + 1
    width = max(1, min(end, len(source) + 1) - span.column)
    return f"{' ' * (span.column - 1)}{'^' * width}"
