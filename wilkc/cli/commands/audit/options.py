"""Options that several commands of `wilkc audit` have. Layer: cli."""

from __future__ import annotations

from typing import Final

import click

format_option: Final = click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How the result is shown.",
)
