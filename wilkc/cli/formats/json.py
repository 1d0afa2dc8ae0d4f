"""For programs: the stable JSON form. Layer: cli (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.cli.diagnostics import as_json

if TYPE_CHECKING:
    from wilkc.cli.formats.model import Report


def render(report: Report) -> str:
    """See the module."""
    return as_json(report.diagnostics)
