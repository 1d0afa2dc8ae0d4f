"""Options that several commands of `wilkc audit` have. Layer: cli."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from wilkc.core.errors import UsageError

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
    click.option("--provider", metavar="FILE|URI", help="What wraps them; default: beside them."),
)


def key_options(command: F) -> F:
    """Add `--keys` and `--provider` to a command that writes to a log."""
    for option in reversed(_KEY_OPTIONS):
        command = option(command)
    return command


def reader_options(*, required: bool) -> Callable[[F], F]:
    """Add `--by` and `--reason` to a command that reads what is sealed."""

    def add(command: F) -> F:
        command = click.option(
            "--reason", required=required, metavar="TEXT", help="Why; on record, sealed."
        )(command)
        return click.option(
            "--by", required=required, metavar="NAME", help="Who reads; on record, as a token."
        )(command)

    return add


def read_text(path: str, what: str, *, encoding: str = "utf-8") -> str:
    """The text of a file that a person named.

    Raises:
        UsageError: it cannot be read, or is no text.
    """
    try:
        return Path(path).read_bytes().decode(encoding)
    except OSError as error:
        raise UsageError(f"cannot read `{path}`: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"`{path}` is no {what}: it is not UTF-8") from error


records_format_option: Final = click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="How records are shown.",
)
