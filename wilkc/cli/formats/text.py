"""For people: each problem with its line of source. Layer: cli (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.cli.diagnostics import as_text

if TYPE_CHECKING:
    from wilkc.cli.formats.model import Report


def render(report: Report) -> str:
    """See the module."""
    shown = as_text(report.diagnostics, report.sources, colour=report.colour)
    hidden = [f"{count} {why}" for why, count in report.hidden.items()]
    return f"{shown}; {', '.join(hidden)}" if hidden else shown
