"""Options that several commands of `wilkc audit` have. Layer: cli."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")

format_option: Final = click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How the result is shown.",
)

_KEY_OPTIONS: Final = (
    click.option("--keys", metavar="DIR", help="The log's keys; default: DIR with `.keys`."),
    click.option("--provider", metavar="FILE", help="The key of its keys; default: beside them."),
)


def key_options(command: F) -> F:
    """Add `--keys` and `--provider` to a command that writes to a log."""
    for option in reversed(_KEY_OPTIONS):
        command = option(command)
    return command
