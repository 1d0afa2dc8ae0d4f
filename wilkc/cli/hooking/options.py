"""The options of hooks as those of commands. Layer: cli."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from wilkc.adapters.hooks.options import (
    DEADLINE_SECONDS,
    HARNESSES,
    MAX_DEADLINE_SECONDS,
    OPTIONS,
    Option,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

F = TypeVar("F", bound="Callable[..., Any]")
SCOPES: Final = ("project", "user")

harness_option: Final = click.option(
    "--harness", type=click.Choice(HARNESSES), required=True, help="Whose settings."
)
scope_option: Final = click.option(
    "--scope",
    type=click.Choice(SCOPES),
    default=SCOPES[0],
    show_default=True,
    help="The settings of the project, or those of the user.",
)


def hook_options(command: F) -> F:
    """Add every option of a hook."""
    return _with(command, OPTIONS)


def install_options(command: F) -> F:
    """Add every option of a hook but who calls, which is required there."""
    return _with(command, tuple(one for one in OPTIONS if one.name != "harness"))


def named(given: Mapping[str, Any]) -> dict[str, Any]:
    """What click has read, by the options' own names and in their own types."""
    found: dict[str, Any] = {}
    for option in OPTIONS:
        value = given[option.name.replace("-", "_")]
        found[option.name] = list(value) if isinstance(value, tuple) else value
    return found


def _with(command: F, options: tuple[Option, ...]) -> F:
    for option in reversed(options):
        command = _click_option(option)(command)
    return command


def _click_option(option: Option) -> Callable[[F], F]:
    more: dict[str, Any] = {"metavar": option.metavar}
    if option.kind == "flag":
        more = {"is_flag": True}
    elif option.kind == "seconds":
        more |= {
            "type": click.FloatRange(0, MAX_DEADLINE_SECONDS, min_open=True),
            "default": DEADLINE_SECONDS,
            "show_default": True,
        }
    elif option.kind in {"many", "paths"}:
        more["multiple"] = True
    elif option.name == "harness":
        more = {"type": click.Choice(HARNESSES)}
    return click.option(f"--{option.name}", help=option.help, **more)
