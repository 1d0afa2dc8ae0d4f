"""Options that say which records are wanted. Layer: cli."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from wilkc.runtime.audit.query import Filter, parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

F = TypeVar("F", bound="Callable[..., Any]")

_OPTIONS: Final = (
    click.option("--since", metavar="TIME", help="From this time on, such as `2026-11-29`."),
    click.option("--until", metavar="TIME", help="Before this time."),
    click.option("--agent", metavar="NAME", help="Of this agent, or of this user's token."),
    click.option("--action", metavar="TYPE", help="Of this type, such as `file.read` or `file.*`."),
    click.option("--decision", type=click.Choice(["allow", "deny"]), help="Answered like this."),
    click.option(
        "--risk",
        type=click.Choice(["low", "medium", "high", "critical"]),
        help="Of at least this risk.",
    ),
    click.option("--risk-profile", type=click.Choice(["graded", "seed"]),
                 help="Compute levels of risk anew; default: as on record."),
    click.option("--subject", metavar="TOKEN", help="About this person, as `s_…`."),
)  # fmt: skip


def filter_options(command: F) -> F:
    """Add the options that `filter_of` reads."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def filter_of(options: Mapping[str, Any]) -> Filter:
    """The filter that was asked for.

    Raises:
        UsageError: a time is malformed.
    """
    since, until = options["since"], options["until"]
    return Filter(
        since=None if since is None else parse_time(since),
        until=None if until is None else parse_time(until),
        actor=options["agent"],
        action=options["action"],
        decision=options["decision"],
        risk=options["risk"],
        subject=options["subject"],
        profile=options["risk_profile"],
    )
