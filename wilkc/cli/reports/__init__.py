"""Reports on controls as people and machines read them. Room: cli."""

from wilkc.cli.reports.html import html
from wilkc.cli.reports.markdown import markdown

__all__ = ["html", "markdown"]
