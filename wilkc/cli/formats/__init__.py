"""How problems are shown: one file for each format. Room: cli (pure).

A format is loaded when it is asked for, so that the plain one pays for no other.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

from wilkc.cli.formats.model import Report

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FORMATS", "Report", "rendered"]

FORMATS: Final = ("text", "json", "sarif", "github", "junit")


def rendered(name: str, report: Report) -> str:
    """The report in one of `FORMATS`, without a line break at its end."""
    module = importlib.import_module(f"wilkc.cli.formats.{name}")
    render: Callable[[Report], str] = module.render
    return render(report)
