"""Asking whether an operator may, before a command does anything. Layer: cli.

`LazyGroup` puts this before every command that it loads, so that a command can neither forget
to ask nor do anything before.
"""

from __future__ import annotations

import copy
import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from wilkc.cli.privileges import needed

if TYPE_CHECKING:
    from collections.abc import Callable

SYSTEM_PLACE: Final = Path("/etc/wilk/operators.json")
"""Where operators are named for a host. Where this is there, nothing else is looked at."""
OPERATORS: Final = "WILK_OPERATORS"
"""Names such a file, where a host has none."""


def guarded(command: click.Command) -> click.Command:
    """A command that asks first, by `privileges`; groups do nothing themselves."""
    if isinstance(command, click.Group) or command.callback is None:
        return command
    # A copy: what is asked before a command depends on the group it is called by.
    asking = copy.copy(command)
    asking.callback = _asked(command.callback)
    return asking


def operators_file() -> Path | None:
    """The file that names the operators, or None where nobody is named."""
    try:
        os.lstat(SYSTEM_PLACE)
    except FileNotFoundError:
        named = os.environ.get(OPERATORS)
        return Path(named) if named else None
    except OSError:
        # A folder that may not be looked into may hold the file: reading it will refuse.
        pass
    return SYSTEM_PLACE


def _asked(callback: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(callback)
    def ask_first(*args: Any, **kwargs: Any) -> Any:
        _ask(click.get_current_context())
        return callback(*args, **kwargs)

    return ask_first


def _ask(context: click.Context) -> None:
    if operators_file() is None:
        return
    # Imported here: most hosts name no operators, and this loads OPA's client and the log.
    from wilkc.cli.operators import require_operator  # noqa: PLC0415

    for one in needed(_words(context), context.params):
        require_operator(one)


def _words(context: click.Context) -> str:
    """The command as it was called, without the program's name."""
    words: list[str] = []
    at: click.Context | None = context
    while at is not None and at.parent is not None:
        words.insert(0, at.info_name or "")
        at = at.parent
    return " ".join(words)
